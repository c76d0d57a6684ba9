import {sha256} from '../../src/model/canonical.ts';
import type {Fact, FactOf, JournalEntry} from '../../src/model/journal.ts';

/** A fact, and how many seconds after the one before it; one second, if not said. */
export type Told = Fact | readonly [afterSeconds: number, fact: Fact];

export const journalStart = new Date('2026-03-01T03:00:00.000Z');

/** Journal entries of a made-up run: numbered, timed, and chained as the file journal chains its lines. */
export function journalOf(told: readonly Told[], startsAt = journalStart): JournalEntry[] {
  const entries: JournalEntry[] = [];
  let at = startsAt.getTime();
  let prev = '0'.repeat(64);
  for (const item of told) {
    const [afterSeconds, fact] = isTimed(item) ? item : ([1, item] as const);
    at += entries.length === 0 ? 0 : afterSeconds * 1000;
    const entry = {seq: entries.length, atUtc: new Date(at).toISOString(), ...fact, prev};
    entries.push(entry);
    prev = sha256(JSON.stringify(entry));
  }
  return entries;
}

/** The first entry of every journal; give what matters to the test. */
export function runStarted(
  given: Partial<Omit<FactOf<'run-started'>, 'kind'>> = {},
): FactOf<'run-started'> {
  return {
    kind: 'run-started',
    run: 'shop-move-20260301-1',
    runbook: {name: 'shop-move', file: 'runbooks/shop-move.ts', digest: 'r1', entries: []},
    inventory: {name: 'lab', file: 'inventories/lab.yaml', digest: 'i1', protected: false},
    params: {},
    plan: '4f1c22aa90b1d3e7',
    operator: {user: 'ada', host: 'bastion', pid: 4711},
    versions: {switcharoo: '0.1.0', node: 'v20.20.2'},
    rehearsal: false,
    ...given,
  };
}

/** The facts of a step that has one action and does it. */
export function stepDone(entry: string, does: string, seconds = 1): Told[] {
  const action = {entry, way: 'forward', target: 'db1', does} as const;
  return [
    {kind: 'entry-started', entry},
    [0.1, {kind: 'before', entry, before: {}, differences: []}],
    [0, {kind: 'action-intended', ...action}],
    [seconds, {kind: 'action-performed', ...action}],
    [0.2, {kind: 'entry-done', entry, output: {}, changedByRun: true}],
  ];
}

const isTimed = (told: Told): told is readonly [number, Fact] => Array.isArray(told);
