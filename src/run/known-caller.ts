import {type Pauses, withinMs} from '../journal/time-limit.ts';
import type {ObjectStore} from '../model/object-store.ts';
import type {Principal} from '../model/principal.ts';

/** Whom the store takes this process for, if it says so at once. Nothing that saves a run waits for that. */
export const knownCaller = (
  store: ObjectStore,
  clock: Pauses,
  signal: AbortSignal,
): Promise<Principal | undefined> =>
  withinMs({clock, ms: limitMs, signal}, (limited) => store.caller(limited)).catch(() => {
    signal.throwIfAborted();
    return undefined;
  });

const limitMs = 2_000;
