import {basename} from 'node:path';
import {z} from 'zod';
import {sha256} from '../model/canonical.ts';
import type {Problem} from '../model/problem.ts';
import {lockHeld, lockUnreadable} from './problems.ts';
import {type Machine, thisMachine} from './process-identity.ts';

export const holder = z.object({
  token: z.string(),
  scope: z.string(),
  run: z.string(),
  user: z.string(),
  host: z.string(),
  machine: z.string(),
  bootId: z.string(),
  pid: z.number().int(),
  startTicks: z.number().int().nullable(),
  sinceUtc: z.string(),
});
export type Holder = z.output<typeof holder> & {
  /** The file, if it has no readable holder: it was damaged, or is not ours. */
  readonly unreadable?: string;
};

/** Whether the holder's process is known to be gone. One on another host is never known to be. */
export function isDead(held: Holder, machine: Machine = thisMachine): boolean {
  if (held.machine !== machine.id) {
    return false;
  }
  const isOther = machine.startTicksOf(held.pid) !== held.startTicks;
  return held.bootId !== machine.boot || (isOther && !machine.isHidden(held.pid));
}

export const holderText = ({
  user,
  host,
  pid,
  unreadable,
}: Pick<Holder, 'user' | 'host' | 'pid' | 'unreadable'>): string =>
  unreadable === undefined
    ? `${user}@${host} (pid ${pid})`
    : `an unknown holder (${unreadable} is not readable)`;

/** The problem of a process that finds the lock taken. */
export const heldBy = (held: Holder): Problem =>
  held.unreadable === undefined
    ? lockHeld(held.scope, holderText(held), held.sinceUtc, held.run)
    : lockUnreadable(held.unreadable);

/** An unknown process may hold it: it is taken over by name only, like a holder on another host. */
export const unreadable = (path: string): Holder => ({
  unreadable: path,
  token: `unreadable-${sha256(basename(path)).slice(0, 24)}`,
  scope: path,
  run: 'unknown',
  user: 'unknown',
  host: 'unknown',
  machine: 'unknown',
  bootId: 'unknown',
  pid: 0,
  startTicks: null,
  sinceUtc: 'an unknown time',
});
