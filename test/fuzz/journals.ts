import {lineOf} from '../../src/journal/chain.ts';
import type {Fact} from '../../src/model/journal.ts';
import {journalOf, runStarted, stepDone, type Told} from '../model/journal-of.ts';

/** A journal as bytes, and as the lines that are in it. */
export interface Original {
  readonly name: string;
  readonly lines: readonly string[];
  readonly bytes: Buffer;
}

const failed: Fact = {
  kind: 'entry-failed',
  entry: 'freeze',
  problem: {code: 'entry-blocked', message: 'db1 is "gone" → Grüße 🚚.', hint: 'Look.\u2028There.'},
};

/** Small ones: a mutation is then likely to hit anything that a journal can have. */
export const originals: readonly Original[] = [
  original('only begun', [runStarted({run: '20260301-030000-0001'})]),
  original('one step', [runStarted(), ...stepDone('freeze', 'freeze "db1"'), {kind: 'run-done'}]),
  original('paused', [
    runStarted({
      run: '20260301-030000-0002',
      params: {ttl: 60, names: ['a', 'b'], deep: {er: null}},
    }),
    {kind: 'entry-started', entry: 'freeze'},
    {
      kind: 'before',
      entry: 'freeze',
      before: {readOnly: false, big: 9_007_199_254_740_991, texts: ['\u0000', '\ud83d\ude9a', '']},
      differences: [{what: 'read_only', is: 'OFF', shouldBe: 'ON'}],
    },
    failed,
    {kind: 'run-paused', problem: failed.problem},
  ]),
];

export function original(name: string, told: readonly Told[]): Original {
  const lines = journalOf(told).map(lineOf);
  return {name, lines, bytes: bytesOf(lines)};
}

export function bytesOf(lines: readonly string[]): Buffer {
  return Buffer.from(lines.map((line) => `${line}\n`).join(''));
}
