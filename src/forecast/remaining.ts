import type {Entry} from '../model/entry.ts';
import type {Draws} from './draws.ts';
import {type RunNow, sinceLast} from './range.ts';

export type MsIn = (entry: number, night: number) => number;

/** An entry that is done takes no more time; one at work takes the rest of its time. */
export function remaining(
  entries: readonly Entry[],
  draws: Draws,
  stateOf: (entry: string) => number | 'done' | undefined,
): MsIn {
  const at = entries.map(({id}) => stateOf(id));
  const sorted = new Map<number, Float64Array>();
  return (entry, night) => {
    const state = at[entry];
    const ms = draws.ms[entry]?.[night] ?? 0;
    if (state === undefined) {
      return ms;
    }
    if (state === 'done') {
      return 0;
    }
    if (ms > state) {
      return ms - state;
    }
    // In this night, the entry would be done by now. Take a night in which it takes longer, if there is one.
    const all = sorted.get(entry) ?? Float64Array.from(draws.ms[entry] ?? []).sort();
    sorted.set(entry, all);
    const above = all.findIndex((each) => each > state);
    if (above < 0) {
      return (state * (night + 0.5)) / draws.count;
    }
    return (all[above + (night % (all.length - above))] ?? state) - state;
  };
}

/** How long it is at work; `undefined`: not yet. */
export function stateIn(id: string, run: RunNow | undefined): number | 'done' | undefined {
  if (!run) {
    return undefined;
  }
  const {done, open} = run.timings;
  const timing = open.get(id);
  return done.has(id) ? 'done' : timing && timing.ms + sinceLast(run);
}
