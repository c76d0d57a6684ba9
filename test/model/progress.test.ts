import {describe, expect, test} from 'vitest';
import type {Fact} from '../../src/model/journal.ts';
import {appliedEntries, progressAfter, progressOf} from '../../src/model/progress.ts';
import {journalOf, journalStart, runStarted, stepDone, type Told} from './journal-of.ts';

const started = runStarted({
  runbook: {
    name: 'shop-move',
    file: 'runbooks/shop-move.ts',
    digest: 'r1',
    entries: ['freeze', 'swap'].map((id) => ({id, phase: 'Cut over', unit: `x.${id}`, digest: id})),
  },
});
const problem = {code: 'jammed', message: 'It is jammed.', hint: 'Oil it.'};
const does = {entry: 'freeze', way: 'forward', target: 'db1', does: 'set read_only = ON'} as const;
const back = {...does, way: 'reverse', does: 'set read_only = OFF'} as const;
const operator = {user: 'ada', host: 'bastion', pid: 1};
const startedEntries: readonly Told[] = [
  {kind: 'entry-started', entry: 'freeze'},
  {kind: 'before', entry: 'freeze', before: {readOnly: false}, differences: []},
];
const done = stepDone('freeze', does.does);
const reversing: readonly Told[] = [
  {kind: 'reverse-started', to: null, plan: 'd', entries: ['freeze', 'swap'], operator},
  {kind: 'entry-reversing', entry: 'freeze'},
];

test('a run that goes on outside its window keeps no time to decide that has passed', () => {
  const resumed: Fact = {kind: 'run-resumed', operator, accepted: []};
  const decideByAfter = (hours: number, more = {}, isDecideByOfWindow = true) =>
    progressOf(
      journalOf([
        runStarted({decideByUtc: '2026-03-01T05:00:00.000Z', isDecideByOfWindow}),
        [hours * 3_600, {...resumed, ...more}],
      ]),
    )?.decideBy?.toISOString();
  const outsideWindow = 'The owner agreed.';
  expect(decideByAfter(3)).toBe('2026-03-01T05:00:00.000Z');
  expect(decideByAfter(1, {outsideWindow})).toBe('2026-03-01T05:00:00.000Z');
  expect(decideByAfter(3, {outsideWindow})).toBeUndefined();
  // A person has set it, and only a person ends it.
  expect(decideByAfter(3, {outsideWindow}, false)).toBe('2026-03-01T05:00:00.000Z');
  const decideByUtc = '2026-03-01T07:00:00.000Z';
  expect(decideByAfter(3, {outsideWindow, decideByUtc})).toBe(decideByUtc);
});

const cases: readonly {
  readonly name: string;
  readonly told: readonly Told[];
  readonly outcome: string;
  readonly freeze: object;
  readonly stands: readonly string[];
}[] = [
  {
    name: 'nothing was started',
    told: [],
    outcome: 'running',
    freeze: {state: 'not-started', applied: false},
    stands: [],
  },
  {
    name: 'a look was taken, and nothing intended: nothing stands',
    told: startedEntries,
    outcome: 'running',
    freeze: {state: 'checking', applied: false, before: {readOnly: false}},
    stands: [],
  },
  {
    name: 'an action was intended: it may stand, and its outcome is not known',
    told: [...startedEntries, {kind: 'action-intended', ...does}],
    outcome: 'running',
    freeze: {state: 'applying', applied: true, inFlight: does.does, performed: []},
    stands: ['freeze'],
  },
  {
    name: 'an action failed: it may have had its effect all the same',
    told: [
      ...startedEntries,
      {kind: 'action-intended', ...does},
      {kind: 'action-failed', ...does, problem},
      {kind: 'entry-failed', entry: 'freeze', problem},
      {kind: 'run-paused', problem},
    ],
    outcome: 'paused',
    freeze: {state: 'failed', applied: true, inFlight: does.does, problem},
    stands: ['freeze'],
  },
  {
    name: 'an action was not sent: nothing stands',
    told: [
      ...startedEntries,
      {kind: 'action-intended', ...does},
      {kind: 'action-unsent', ...does, problem},
      {kind: 'entry-failed', entry: 'freeze', problem},
      {kind: 'run-paused', problem},
    ],
    outcome: 'paused',
    freeze: {state: 'failed', applied: false, performed: [], problem},
    stands: [],
  },
  {
    name: 'an action was not sent after another one failed: the outcome of that one is not known',
    told: [
      ...startedEntries,
      {kind: 'action-intended', ...does},
      {kind: 'action-failed', ...does, problem},
      {kind: 'action-intended', ...does, does: 'another'},
      {kind: 'action-unsent', ...does, does: 'another', problem},
    ],
    outcome: 'running',
    freeze: {state: 'applying', applied: true, inFlight: does.does},
    stands: ['freeze'],
  },
  {
    name: 'a step is done',
    told: done,
    outcome: 'running',
    freeze: {state: 'done', applied: true, changedByRun: true, performed: [does.does]},
    stands: ['freeze'],
  },
  {
    name: 'a step was found done: it is not ours, and does not stand',
    told: [
      {kind: 'entry-started', entry: 'freeze'},
      {kind: 'entry-done', entry: 'freeze', output: {}, changedByRun: false},
    ],
    outcome: 'running',
    freeze: {state: 'done', applied: false, changedByRun: false},
    stands: [],
  },
  {
    name: 'a step that failed half-way was skipped: what it changed stands',
    told: [
      ...startedEntries,
      {kind: 'action-intended', ...does},
      {kind: 'entry-failed', entry: 'freeze', problem},
      {kind: 'entry-skipped', entry: 'freeze', reason: 'later', by: 'ada', impossible: []},
    ],
    outcome: 'running',
    freeze: {state: 'skipped', applied: true},
    stands: ['freeze'],
  },
  {
    name: 'a run was resumed: the first before-image stays',
    told: [
      ...startedEntries,
      {kind: 'action-intended', ...does},
      {kind: 'run-resumed', operator, accepted: []},
      {kind: 'entry-started', entry: 'freeze'},
    ],
    outcome: 'running',
    freeze: {state: 'applying', applied: true, before: {readOnly: false}},
    stands: ['freeze'],
  },
  {
    name: 'a step is on its way back: it still stands',
    told: [...done, ...reversing, {kind: 'action-intended', ...back}],
    outcome: 'reversing',
    freeze: {state: 'reversing', applied: true, inFlight: back.does},
    stands: ['freeze'],
  },
  {
    name: 'a step is back, and the reversal goes on',
    told: [...done, ...reversing, {kind: 'entry-reversed', entry: 'freeze'}],
    outcome: 'reversing',
    freeze: {state: 'reversed', applied: false},
    stands: [],
  },
  {
    name: 'a step could not be put back: it stands, and that is the outcome, also once it is held',
    told: [
      ...done,
      ...reversing,
      {kind: 'reverse-failed', entry: 'freeze', problem},
      {kind: 'run-paused', problem},
    ],
    outcome: 'reverse-failed',
    freeze: {state: 'reverse-failed', applied: true, problem},
    stands: ['freeze'],
  },
  {
    name: 'a failed reversal was taken up again: it is a reversal still',
    told: [
      ...done,
      ...reversing,
      {kind: 'reverse-failed', entry: 'freeze', problem},
      {kind: 'run-resumed', operator, accepted: []},
    ],
    outcome: 'reversing',
    freeze: {state: 'reverse-failed', applied: true},
    stands: ['freeze'],
  },
];

describe('where a run stands when', () => {
  for (const {name, told, outcome, freeze, stands} of cases) {
    test(name, () => {
      const progress = progressOf(journalOf([started, ...told]));
      expect(progress?.outcome).toBe(outcome);
      expect(progress?.entries.get('freeze')).toMatchObject(freeze);
      expect(progress && appliedEntries(progress).map(({id}) => id)).toEqual(stands);
    });
  }

  test('there is no first entry: nowhere', () => {
    expect(progressOf([])).toBeUndefined();
  });

  test('it went back to a checkpoint: what lies behind it is to be done again, gates too', () => {
    const progress = progressOf(
      journalOf([
        started,
        ...done,
        {kind: 'checkpoint-reached', name: 'frozen'},
        {kind: 'entry-started', entry: 'swap'},
        {kind: 'entry-done', entry: 'swap', output: {}, changedByRun: false},
        {kind: 'checkpoint-reached', name: 'swapped'},
        {kind: 'reverse-started', to: 'frozen', plan: 'd', entries: ['swap'], operator},
        {kind: 'run-reversed', to: 'frozen'},
      ]),
    );
    expect(progress).toMatchObject({outcome: 'reversed', checkpoints: ['frozen']});
    expect(progress?.reversingTo).toBeUndefined();
    expect(progress?.entries.get('freeze')).toMatchObject({state: 'done', applied: true});
    expect(progress?.entries.get('swap')).toMatchObject({state: 'not-started'});
  });

  test('people took their time: it is counted apart', () => {
    const asked: Fact = {
      kind: 'answered',
      entry: null,
      about: 'plan',
      question: 'Run?',
      details: [],
      answer: 'yes',
      by: 'ada',
    };
    const progress = progressOf(journalOf([started, [90, asked], [5, {kind: 'run-done'}]]));
    expect(progress).toMatchObject({
      startedAt: journalStart,
      lastAt: new Date(journalStart.getTime() + 95_000),
      outcome: 'done',
    });
  });

  test('it is followed entry by entry: the same as all at once, and no earlier picture changes', () => {
    const entries = journalOf([started, ...done, ...reversing]);
    const pictures = entries.map((_entry, index) => progressOf(entries.slice(0, index + 1)));
    const states = () => pictures.map((picture) => picture?.entries.get('freeze')?.state);
    const before = states();
    entries.reduce(progressAfter, undefined as ReturnType<typeof progressOf>);
    expect(states()).toEqual(before);
    expect(before).toEqual([
      'not-started',
      'checking',
      'checking',
      'applying',
      'applying',
      'done',
      'done',
      'reversing',
    ]);
  });
});
