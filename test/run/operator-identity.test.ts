import {expect, test} from 'vitest';
import type {JournalEntry} from '../../src/model/journal.ts';
import {progressOf} from '../../src/model/progress.ts';
import {journalIdentity, settledSoon} from '../../src/run/operator-identity.ts';
import {MemoryJournal} from '../../src/testing/memory-journal.ts';
import {begun, entriesIn, reversed, textOn} from '../drills/small/hosts.ts';
import {onSmallStage, type SmallStage} from '../drills/small/stage.ts';
import {runStarted} from '../model/journal-of.ts';

const night = 'arn:aws:iam::123456789012:role/switcharoo';

const runnersIn = (entries: readonly JournalEntry[]) =>
  entries.flatMap((fact) => (fact.kind === 'operator-identified' ? [fact.arn] : []));
const runners = ({hosts: [ada]}: SmallStage, run: string) => runnersIn(entriesIn(textOn(ada, run)));

test('whoever runs a shared run is named in its journal, though it asks for no approval yet', async () => {
  await onSmallStage(async (stage) => {
    const {name} = await begun(stage, stage.hosts[0], {until: 'prepared'});
    expect(runners(stage, name)).toEqual([night]);
  });
});

test('whoever reverses a run without its store is named in its journal', async () => {
  await onSmallStage(async (stage) => {
    const {endpoint, hosts} = stage;
    endpoint.faults.add({service: 'sts', kind: 'deny', times: Number.POSITIVE_INFINITY});
    const {name} = await begun(stage, hosts[0], {until: 'prepared'});
    expect(runners(stage, name)).toEqual([]);
    endpoint.faults.clear();
    stage.meet({isAway: () => true});
    expect((await reversed(name, hosts[0], {alone: true})).end).toBe('reversed');
    expect(runners(stage, name)).toEqual([night]);
  });
});

test('AWS is asked who works on a run until it says so, and no longer than the run', async () => {
  const journal = new MemoryJournal();
  journal.append(runStarted({run: '20261127-030000-0001'}));
  const closed = new AbortController();
  let slept = 0;
  let asked = 0;
  const session = (closing: AbortSignal) => ({
    closed: closing,
    context: {
      clock: {
        sleep: async () => {
          slept += 1;
          if (slept > 5) {
            closed.abort();
          }
        },
      },
      record: {progress: progressOf(journal.entries), add: (fact: never) => journal.append(fact)},
    },
  });
  const principal = {arn: night, id: 'AROAEXAMPLEEXAMPLE001:kim'};
  const identify = async () => {
    asked += 1;
    if (asked < 3) {
      throw new Error('STS is away');
    }
    return principal;
  };
  await journalIdentity(session(closed.signal) as never, {identify});
  expect([asked, slept, runnersIn(journal.entries)]).toEqual([3, 2, [night]]);
  const away = () => Promise.reject(new Error('STS is away'));
  await journalIdentity(session(closed.signal) as never, {identify: away});
  expect(slept).toBe(6);
});

test('while visitors wait, AWS is asked a moment later, and at the end nothing waits for its answer', async () => {
  const outage = {from: ['freeze'], until: ['open']};
  const entries = ['freeze', 'open'].map((id) => ({
    id,
    unit: 'x',
    kind: 'step',
    phase: 'Cut over',
  }));
  const journal = new MemoryJournal();
  const runbook = {...runStarted().runbook, outage, entries};
  journal.append(runStarted({runbook} as never));
  journal.append({
    kind: 'action-intended',
    entry: 'freeze',
    way: 'forward',
    target: 'a',
    does: 'x',
  });
  let slept = 0;
  const clock = {
    monotonic: () => 0,
    sleep: async () => {
      slept += 1;
    },
  };
  const record = {
    get progress() {
      return progressOf(journal.entries);
    },
    add: (fact: never) => journal.append(fact),
  };
  const {signal} = new AbortController();
  const session = {closed: signal, context: {clock, record, aborting: signal}} as never;
  const principal = {arn: night, id: 'AROAEXAMPLEEXAMPLE001:kim'};
  let sleptBefore = 0;
  const identify = async () => {
    sleptBefore = slept;
    return principal;
  };
  await settledSoon(new Promise(() => {}), session);
  await journalIdentity(session, {identify});
  expect([sleptBefore, runnersIn(journal.entries)]).toEqual([15, [night]]);
  // Known before its work began, it costs nothing.
  const other = {...principal, arn: `${night}-2`};
  await journalIdentity(session, {identify, known: other});
  expect([slept, runnersIn(journal.entries)]).toEqual([15, [night, other.arn]]);
});
