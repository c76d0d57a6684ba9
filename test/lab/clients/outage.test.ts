import {describe, expect, test} from 'vitest';
import {longest, type Outcome, OutcomeLog, outagesIn} from '../../../lab/clients/outage.ts';

const yes = (client: number, begunMs: number, endedMs: number): Outcome => ({
  client,
  kind: 'acknowledged',
  begunMs,
  endedMs,
});
const no = (client: number, begunMs: number, endedMs: number): Outcome => ({
  client,
  kind: 'refused',
  begunMs,
  endedMs,
});
const silence = (client: number, begunMs: number, endedMs: number): Outcome => ({
  client,
  kind: 'unanswered',
  begunMs,
  endedMs,
});

const cases: readonly {
  name: string;
  outcomes: readonly Outcome[];
  outages: readonly [number, number, number | null, number][];
  longestMs: number;
}[] = [
  {name: 'no writes: no outage', outcomes: [], outages: [], longestMs: 0},
  {
    name: 'slow writes are no outage',
    outcomes: [yes(1, 0, 5), yes(1, 25, 1_900)],
    outages: [],
    longestMs: 0,
  },
  {
    name: 'from the beginning of the first refused write to the answer of the first acknowledged one',
    outcomes: [yes(1, 0, 5), no(1, 100, 103), no(1, 113, 115), yes(1, 125, 140), yes(1, 160, 165)],
    outages: [[1, 100, 140, 2]],
    longestMs: 40,
  },
  {
    name: 'a write that nobody answered counts from when it was sent',
    outcomes: [silence(1, 100, 2_100), no(1, 2_110, 2_112), yes(1, 2_122, 2_130)],
    outages: [[1, 100, 2_130, 2]],
    longestMs: 2_030,
  },
  {
    name: 'every client has outages of its own, and the longest one counts',
    outcomes: [
      no(1, 100, 101),
      no(2, 90, 91),
      yes(1, 110, 120),
      yes(2, 290, 300),
      no(1, 400, 401),
      yes(1, 410, 411),
    ],
    outages: [
      [2, 90, 300, 1],
      [1, 100, 120, 1],
      [1, 400, 411, 1],
    ],
    longestMs: 210,
  },
  {
    name: 'one that is not over lasts until now',
    outcomes: [yes(1, 0, 5), no(1, 600, 610)],
    outages: [[1, 600, null, 1]],
    longestMs: 400,
  },
];

describe('outages in a list of outcomes', () => {
  const nowMs = 1_000;
  const outagesOf = (outcomes: readonly Outcome[]) => outagesIn(outcomes, nowMs);

  test.each(cases)('$name', ({outcomes, outages, longestMs}) => {
    expect(outagesOf(outcomes)).toEqual(
      outages.map(([client, from, to, failed]) => ({
        client,
        fromUtc: new Date(from).toISOString(),
        toUtc: to === null ? null : new Date(to).toISOString(),
        ms: (to ?? nowMs) - from,
        failed,
      })),
    );
    expect(longest(outagesOf(outcomes))).toBe(longestMs);
  });

  test.each(cases)('and the same from what the log keeps: $name', ({outcomes}) => {
    const log = new OutcomeLog();
    for (const outcome of outcomes) {
      log.add(outcome);
    }
    expect(log.outages(nowMs)).toEqual(outagesOf(outcomes));
  });
});
