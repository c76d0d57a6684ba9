import {describe, expect, test} from 'vitest';
import type {Fact} from '../../src/model/journal.ts';
import {openedEntries} from '../../src/model/opening.ts';
import {losslessEnd} from '../../src/model/outage-limit.ts';
import {type Progress, progressOf} from '../../src/model/progress.ts';
import {nowHtml} from '../../src/report/page/now.ts';
import {journalOf, runStarted, stepDone, type Told} from './journal-of.ts';

const {operator} = runStarted();
const problem = {code: 'jammed', message: 'It is jammed.', hint: 'Oil it.'};
const started = runStarted({
  runbook: {
    ...{name: 'shop-move', file: 'shop-move.ts', digest: 'r1'},
    entries: ['freeze', 'open', 'tell'].map((id) => ({id, phase: '', unit: `x.${id}`, digest: id})),
    outage: {
      from: ['freeze'],
      until: ['x.tell'],
      promoted: ['open'],
      reversibleTo: [null, 'ready'],
    },
  },
});
const frozen: readonly Told[] = [
  {kind: 'checkpoint-reached', name: 'ready'},
  ...stepDone('freeze', 'freeze'),
  {kind: 'checkpoint-reached', name: 'moved'},
];
const opens: readonly Told[] = stepDone('open', 'open').slice(0, 3);
const begins: Fact = {kind: 'entry-started', entry: 'open'};
const skipped: Fact = {
  ...{kind: 'entry-skipped', entry: 'open', reason: 'By hand.', by: 'ada', impossible: []},
};
const reversed = (to: string, ...entries: readonly string[]): readonly Told[] => [
  {kind: 'reverse-started', to, plan: 'd', entries: [...entries], operator},
  ...entries.flatMap((entry): Told[] => [
    {kind: 'entry-reversing', entry},
    {kind: 'entry-reversed', entry},
  ]),
  {kind: 'run-reversed', to},
];

const progressIn = (told: readonly Told[]): Progress =>
  progressOf(journalOf([started, ...told])) as Progress;

/** The answer of the live page, which asks no target. */
const pageSays = (progress: Progress): string =>
  /<dt>Lossless<\/dt><dd>(Yes|Unknown)/.exec(
    nowHtml({progress, holder: undefined, now: progress.lastAt, isWatched: false} as never), // no more of it is used
  )?.[1] ?? 'nothing';

describe('the new side has accepted no writes', () => {
  test.each<{name: string; told: readonly Told[]}>([
    {name: 'nothing began', told: []},
    {name: 'a look was taken', told: [begins]},
    {name: 'the look failed', told: [begins, {kind: 'entry-failed', entry: 'open', problem}]},
    {
      name: 'the action was not sent',
      told: [
        ...opens,
        {
          ...{kind: 'action-unsent', entry: 'open', way: 'forward', target: 'db1', does: 'open'},
          problem,
        },
      ],
    },
    {
      name: 'everything was reversed to before the outage, and the outage began again',
      told: [...stepDone('open', 'open'), ...reversed('ready', 'open', 'freeze'), ...frozen],
    },
  ])('where $name', ({told}) => {
    const progress = progressIn([...frozen, ...told]);
    expect(openedEntries(progress)).toEqual([]);
    expect(losslessEnd(progress)).toEqual({to: 'ready'});
    expect(pageSays(progress)).toBe('Yes');
  });
});

describe('the new side may have writes of its own', () => {
  test.each<{name: string; told: readonly Told[]}>([
    {name: 'an action was intended', told: opens},
    {name: 'it was skipped, and perhaps opened by hand', told: [begins, skipped]},
    {
      name: 'the skip was withdrawn later, and a look taken',
      told: [skipped, {kind: 'skip-withdrawn', entry: 'open', by: 'ada'}, begins],
    },
    {
      name: 'it was open on arrival',
      told: [begins, {kind: 'entry-done', entry: 'open', output: {}, changedByRun: false}],
    },
    {
      name: 'it was open, and closed by a reversal to a place in the outage',
      told: [...stepDone('open', 'open'), ...reversed('moved', 'open')],
    },
    {
      name: 'it was open, closed so, and is looked at again',
      told: [...stepDone('open', 'open'), ...reversed('moved', 'open'), begins],
    },
  ])('where $name', ({told}) => {
    const progress = progressIn([...frozen, ...told]);
    expect(openedEntries(progress)).toEqual(['open']);
    expect(losslessEnd(progress)).toBeUndefined();
    expect(pageSays(progress)).toBe('Unknown');
  });

  test('where it was open before the outage, also after a reversal', () => {
    const progress = progressIn([
      {kind: 'entry-done', entry: 'open', output: {}, changedByRun: false},
      ...frozen,
      ...reversed('ready', 'freeze'),
      ...frozen,
    ]);
    expect(losslessEnd(progress)).toBeUndefined();
  });
});
