import {setTimeout} from 'node:timers/promises';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import type {Fault} from '../../../lab/aws/faults.ts';
import {createS3, type S3} from '../../../lab/aws/s3.ts';
import {
  newSharedLog,
  reopenSharedLog,
  sharedEntries,
} from '../../../src/journal/open-shared-log.ts';
import {SharedLog} from '../../../src/journal/shared-log.ts';
import type {Fact, JournalEntry} from '../../../src/model/journal.ts';
import type {ObjectStore} from '../../../src/model/object-store.ts';
import {MemoryJournal} from '../../../src/testing/memory-journal.ts';
import {s3Store} from '../../../steps/s3/index.ts';
import {type Started, started} from '../../lab/aws/started.ts';
import {runStarted} from '../../model/journal-of.ts';

const run = '20261127-030000-0001';
const never = new AbortController().signal;

let s3: S3;
let lab: Started;
let store: ObjectStore;
let close: () => Promise<void>;
beforeEach(async () => {
  s3 = createS3({buckets: {cutovers: {}}});
  lab = await started(s3);
  const config = s3Store.config.parse({bucket: 'cutovers', prefix: 'shop', ...lab.config});
  const session = await s3Store.open(config, {name: 'store', signal: never});
  store = session.writer;
  close = session.close;
});
afterEach(async () => {
  await close();
  await lab[Symbol.asyncDispose]();
});

const clock = {
  monotonic: () => performance.now(),
  sleep: (ms: number, signal: AbortSignal) => setTimeout(ms, undefined, {signal}).catch(() => {}),
};
const sharing = () => ({store, run, clock});

const about = (text: string): Fact => ({
  kind: 'entry-failed',
  entry: 'freeze',
  problem: {code: 'made-up', message: text, hint: 'None.'},
});

/** The journal of one host. A second one goes on from the same lines. */
function journalWith(lines: readonly string[] = []): MemoryJournal {
  const journal = new MemoryJournal({}, lines);
  if (lines.length === 0) {
    journal.append(runStarted({run}));
  }
  return journal;
}

const fails = (fault: Omit<Fault, 'service'>) => lab.endpoint.faults.add({service: 's3', ...fault});

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'none',
    (error) => error.problem?.code ?? String(error),
  );

describe('a journal that is shared in S3', () => {
  test('is read by another host as it was written, an object for each barrier', async () => {
    const journal = journalWith();
    const log = new SharedLog(sharing(), 0);
    await log.add(journal.entries, never);
    journal.append(about('one'));
    journal.append(about('two'));
    await log.add(journal.entries, never);
    await log.add(journal.entries, never);
    expect(await sharedEntries(sharing(), never)).toEqual(journal.entries);
    expect(Object.keys(s3.contents('cutovers'))).toEqual([
      `shop/${run}/00000000.jsonl`,
      `shop/${run}/00000001.jsonl`,
    ]);
    // The first is sent twice: a store that writes it again is refused.
    expect(lab.endpoint.calls('s3', 'PutObject')).toBe(3);
  });

  test('takes one round trip for a barrier: the connection is kept', async () => {
    const journal = journalWith();
    const log = new SharedLog(sharing(), 0);
    await log.add(journal.entries, never);
    const before = lab.endpoint.connections();
    for (let barrier = 0; barrier < 8; barrier += 1) {
      journal.append(about('one'));
      await log.add(journal.entries, never);
    }
    expect(lab.endpoint.connections()).toBe(before);
  });

  test.for<[string, Omit<Fault, 'service'>]>([
    ['the answer is lost', {kind: 'cut-after', operation: 'PutObject'}],
    ['the request is lost', {kind: 'cut-before', operation: 'PutObject'}],
    [
      'S3 answers 409',
      {kind: 'refuse', operation: 'PutObject', code: 'ConditionalRequestConflict', status: 409},
    ],
    ['S3 is throttled', {kind: 'throttle', operation: 'PutObject', times: 2}],
    ['a connection is dead', {kind: 'silence', operation: 'PutObject'}],
    ['S3 has an error', {kind: 'server-error', operation: 'PutObject'}],
  ])('is whole when %s', async ([, fault]) => {
    const journal = journalWith();
    const log = new SharedLog(sharing(), 0);
    await log.add(journal.entries, never);
    fails(fault);
    journal.append(about('one'));
    await log.add(journal.entries, never);
    expect(await sharedEntries(sharing(), never)).toEqual(journal.entries);
  });

  test('goes up in several objects after a long absence, in order, and is read again', async () => {
    const journal = journalWith();
    const log = new SharedLog(sharing(), 0);
    await log.add(journal.entries, never);
    // One is larger than an object should be, and twelve MB are more than one object may have to be read.
    journal.append(about('x'.repeat(1_200_000)));
    for (let line = 0; line < 24; line += 1) {
      journal.append(about('y'.repeat(450_000)));
    }
    fails({kind: 'cut-after', operation: 'PutObject'});
    await log.add(journal.entries, never);
    const sizes = Object.values(s3.contents('cutovers')).map((text) => text.length);
    expect(sizes.filter((size) => size > 1_048_576)).toEqual([expect.closeTo(1_200_000, -4)]);
    expect(sizes).toHaveLength(14);
    expect(await sharedEntries(sharing(), never)).toEqual(journal.entries);
  });

  test('goes on after its process died, with the answer lost or before it was asked', async () => {
    const journal = journalWith();
    await new SharedLog(sharing(), 0).add(journal.entries, never);
    journal.append(about('shared, and the answer lost'));
    // A process that died here knows nothing of it.
    await store.add(`${run}/00000001.jsonl`, `${journal.lines[1]}\n`, never);
    journal.append(about('not shared'));
    const resumed = journalWith(journal.lines);
    const log = await reopenSharedLog(sharing(), resumed.entries, never);
    resumed.append(about('after it'));
    await log.add(resumed.entries, never);
    expect(await sharedEntries(sharing(), never)).toEqual(resumed.entries);
  });

  test('of 50 races of two hosts, each has one winner, and the loser is told and adds nothing', async () => {
    for (let race = 0; race < 50; race += 1) {
      const name = `20261127-030000-${String(race).padStart(4, '0')}`;
      const one = new MemoryJournal();
      one.append(runStarted({run: name}));
      const sharingOf = {store, run: name, clock};
      await new SharedLog(sharingOf, 0).add(one.entries, never);
      const hostOf = async (host: string) => {
        const journal = new MemoryJournal({}, one.lines);
        const log = await reopenSharedLog(sharingOf, journal.entries, never);
        journal.append(about(host));
        return {journal, log};
      };
      const [first, second] = await Promise.all([hostOf('a'), hostOf('b')]);
      const ends = await Promise.all(
        [first, second].map(({journal, log}) => codeOf(log.add(journal.entries, never))),
      );
      expect([...ends].sort()).toEqual(['lock-lost', 'none']);
      const loser = ends[0] === 'none' ? second : first;
      const winner = ends[0] === 'none' ? first : second;
      expect(() => loser.log.assertOwn()).toThrow('Somebody else continued');
      expect(await codeOf(loser.log.add(loser.journal.entries, never))).toBe('lock-lost');
      expect(await sharedEntries(sharingOf, never)).toEqual(winner.journal.entries);
    }
  });

  test('is refused by a store that writes an object again', async () => {
    await using careless = await started(
      createS3({buckets: {cutovers: {}}, ignoresConditions: true}),
    );
    const config = s3Store.config.parse({bucket: 'cutovers', ...careless.config});
    const {writer, close: closeCareless} = await s3Store.open(config, {
      name: 'store',
      signal: never,
    });
    const log = new SharedLog({store: writer, run, clock}, 0);
    const {entries} = journalWith();
    expect(await codeOf(log.add(entries, never))).toBe('store-overwrites');
    const again = await reopenSharedLog({store: writer, run, clock}, entries, never);
    const resumed = [...entries, {...entries[0], seq: 1} as JournalEntry];
    expect(await codeOf(again.add(resumed, never))).toBe('store-overwrites');
    await closeCareless();
  });

  test.for(['', '{"seq":0,'])('is lost to what somebody put in its place: %j', async (text) => {
    s3.put('cutovers', `shop/${run}/00000000.jsonl`, text);
    const log = new SharedLog(sharing(), 0);
    expect(await codeOf(log.add(journalWith().entries, never))).toBe('lock-lost');
  });

  test('is not continued from a copy that is older', async () => {
    const journal = journalWith();
    const old = journalWith(journal.lines);
    const log = new SharedLog(sharing(), 0);
    journal.append(about('after the copy'));
    await log.add(journal.entries, never);
    expect(await codeOf(reopenSharedLog(sharing(), old.entries, never))).toBe(
      'run-continued-elsewhere',
    );
  });

  test('is given up after a while when S3 is away, at once the next time, and goes on when it is back', async () => {
    const journal = journalWith();
    // Ten times as fast.
    const hastened = {
      monotonic: () => performance.now() * 10,
      sleep: (ms: number, signal: AbortSignal) =>
        setTimeout(ms / 10, undefined, {signal}).catch(() => {}),
    };
    const beganMs = hastened.monotonic();
    const log = new SharedLog({store, run, clock: hastened}, 0);
    fails({kind: 'server-error', times: 1_000});
    expect(await codeOf(log.add(journal.entries, never))).toBe('store-unreachable');
    const firstMs = hastened.monotonic();
    expect(firstMs - beganMs).toBeGreaterThanOrEqual(10_000);
    expect(await codeOf(log.add(journal.entries, never))).toBe('store-unreachable');
    expect(hastened.monotonic() - firstMs).toBeLessThan(6_000);
    expect(await codeOf(reopenSharedLog(sharing(), journal.entries, never))).toBe(
      'store-unreachable',
    );
    expect(await codeOf(newSharedLog(sharing(), never))).toBe('store-unreachable');
    lab.endpoint.faults.clear();
    // The SDK itself would try again, the second without end.
    for (const kind of ['silence', 'throttle'] as const) {
      fails({kind, times: Number.POSITIVE_INFINITY});
      const startedMs = performance.now();
      const {sleep} = clock;
      const timely = new SharedLog({store, run, clock: {monotonic: clock.monotonic, sleep}}, 0);
      const brief = AbortSignal.timeout(20_000);
      expect(await codeOf(timely.add(journal.entries, brief))).toBe('store-unreachable');
      expect(performance.now() - startedMs).toBeLessThan(15_000);
      lab.endpoint.faults.clear();
    }
    await log.add(journal.entries, never);
    expect(await sharedEntries(sharing(), never)).toEqual(journal.entries);
  });
});
