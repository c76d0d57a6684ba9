import {expect, test} from 'vitest';
import {createJournal} from '../../src/journal/file-journal.ts';
import {Redactor} from '../../src/journal/redactor.ts';
import {keyOf, textOf} from '../../src/journal/shared-log.ts';
import {StateFolder} from '../../src/journal/state-folder.ts';
import {missingApprovals} from '../../src/model/approval-fold.ts';
import type {Fact} from '../../src/model/journal.ts';
import {progressOf} from '../../src/model/progress.ts';
import {askedApprovalIn} from '../../src/run/approve-run.ts';
import {runStarted} from '../model/journal-of.ts';
import {SimulatedDisk} from '../simulation/disk.ts';
import {type Asking, SimulatedStore} from '../simulation/store.ts';

const run = '20261127-030000-0001';
const never = new AbortController().signal;
const served: Asking = async (_what, serve) => serve();
const operator = {user: 'ada', host: 'bastion', pid: 4711};
const approver = 'arn:aws:iam::123456789012:role/operator';

const approval = {digest: 'd1', by: 'dba', of: 1, validForMs: 60_000, principals: [approver]};
const asked: Fact = {
  ...{kind: 'asked', entry: 'agreed', about: 'approval', question: 'Go?', details: []},
  ...{person: '1 of dba', approval},
};

function entriesWith(...facts: readonly Fact[]) {
  const disk = new SimulatedDisk(['/', '/var']).openedBy(() => {});
  const lock = {assertHeld: () => {}, release: () => {}};
  const around = {now: () => new Date(), lock, redactor: new Redactor(), disk};
  const journal = createJournal(new StateFolder('/var/state', disk).journalOf(run), around);
  for (const fact of [runStarted({run}), ...facts]) {
    journal.append(fact as never);
  }
  return journal.entries;
}

/** What an approver is shown, or why nothing. */
async function shownAfter(facts: readonly Fact[], folder = run): Promise<string> {
  const store = new SimulatedStore(() => Date.now()).openedBy(served);
  await store.add(keyOf(folder, 0), textOf(entriesWith(...facts)), never);
  return askedApprovalIn(store, {run: folder, entry: 'agreed'}, never).then(
    ({question}) => question,
    (error: {readonly problem?: {readonly code: string}}) => error.problem?.code ?? String(error),
  );
}

test('an approver is asked nothing that the run asks no more', async () => {
  const resumed = (...accepted: readonly string[]): Fact => ({
    ...{kind: 'run-resumed', operator},
    accepted: [...accepted],
  });
  const reversed: readonly Fact[] = [
    {kind: 'entry-done', entry: 'agreed', output: {}, changedByRun: false},
    {kind: 'reverse-started', to: null, plan: 'p2', entries: ['agreed'], operator},
    {kind: 'run-reversed', to: null},
  ];
  expect(await shownAfter([asked])).toBe('Go?');
  expect(await shownAfter([asked, {kind: 'run-paused'}, resumed()])).toBe('Go?');
  const changed = [asked, {kind: 'run-paused'}, resumed('the runbook')] as const;
  expect(await shownAfter(changed)).toBe('approval-not-asked');
  expect(await shownAfter([...changed, asked])).toBe('Go?');
  expect(await shownAfter([asked, ...reversed, resumed()])).toBe('approval-not-asked');
  expect(await shownAfter([asked, ...reversed, resumed(), asked])).toBe('Go?');
});

test('an approver is told as of when the details are true', async () => {
  const entries = entriesWith(asked, {kind: 'run-paused'});
  const store = new SimulatedStore(() => Date.now()).openedBy(served);
  await store.add(keyOf(run, 0), textOf(entries), never);
  const {askedAtUtc} = await askedApprovalIn(store, {run, entry: 'agreed'}, never);
  expect(askedAtUtc).toBe(entries[1]?.atUtc);
});

test('the journal of another run, in the folder of this one, is not shown', async () => {
  expect(await shownAfter([asked], '20261127-030000-0002')).toBe('unknown-run');
});

test('what has expired or is void is missing again', () => {
  const given = (givenUtc: string): Fact => ({
    ...{kind: 'approved', entry: 'agreed', digest: 'd1', group: 'dba', from: 'desk', givenUtc},
    ...{listed: approver, principal: approver},
  });
  const missing = (...facts: readonly Fact[]) => {
    const progress = progressOf(entriesWith(asked, ...facts));
    return progress && missingApprovals(progress, 'agreed', approval);
  };
  const now = given(new Date().toISOString());
  const isVoid: Fact = {
    ...{kind: 'approval-void', entry: 'agreed', digest: 'd1'},
    ...{listed: approver, principal: approver},
  };
  expect(missing(now)).toBe(0);
  expect(missing(now, isVoid)).toBe(1);
  expect(missing(now, isVoid, now)).toBe(0);
  expect(missing(given('2026-01-01T00:00:00.000Z'))).toBe(1);
});
