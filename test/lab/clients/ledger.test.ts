import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {compare} from '../../../lab/clients/compare.ts';
import {openLedger, tokensIn} from '../../../lab/clients/ledger.ts';
import {Tally} from '../../../lab/clients/tally.ts';

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ledger-'));
  file = join(directory, 'ledger.tsv');
});
afterEach(() => rm(directory, {recursive: true}));

const line = (token: string) => ({
  token,
  client: 2,
  side: 'ecs',
  atUtc: '2026-11-21T03:00:00.000Z',
});

test('every line of the ledger is in the file at once, and a second start goes on where the first ended', async () => {
  const first = openLedger(file);
  first.append(line('a-1'));
  expect(await readFile(file, 'utf8')).toBe('a-1\t2\tecs\t2026-11-21T03:00:00.000Z\n');
  first.close();
  const second = openLedger(file);
  second.append(line('a-2'));
  second.close();
  expect(tokensIn(file)).toEqual(['a-1', 'a-2']);
});

test('a line torn by a kill is left out: its write was not counted either', async () => {
  await writeFile(file, 'a-1\t2\tecs\t2026\na-2\t2');
  expect(tokensIn(file)).toEqual(['a-1']);
});

test('what was acknowledged and is not there is lost; what is there twice is duplicated', async () => {
  await writeFile(file, 'a-1\t0\told\tx\na-2\t0\told\tx\na-3\t0\tnew\tx\n');
  const rows = [
    {token: 'a-1', times: 1},
    {token: 'a-3', times: '2'},
    {token: 'unanswered', times: 1},
  ];
  expect(await compare(file, async () => rows)).toEqual({
    acknowledged: 3,
    lost: ['a-2'],
    duplicated: ['a-3'],
  });
});

test('the tally counts by outcome and side, and times only what was acknowledged', () => {
  const tally = new Tally();
  expect(tally.report(0)).toMatchObject({
    acknowledged: 0,
    outageMs: 0,
    p50Ms: null,
    p99Ms: null,
    lastFailure: null,
  });
  for (let count = 0; count < 99; count += 1) {
    tally.add({
      client: 0,
      kind: 'acknowledged',
      side: 'old',
      begunMs: count * 10,
      endedMs: count * 10 + 4.5,
    });
  }
  const asked = {by: 'client 0, keep-alive', address: '127.0.0.11'};
  tally.add({
    ...{client: 0, kind: 'refused', reason: 'status 503', asked},
    ...{begunMs: 1_000, endedMs: 1_900},
  });
  tally.add({client: 0, kind: 'unanswered', reason: 'no answer', begunMs: 1_910, endedMs: 1_990});
  tally.add({client: 0, kind: 'acknowledged', side: 'new', begunMs: 2_000, endedMs: 2_080});
  tally.addRead({failure: 'status 503', begunMs: 990, endedMs: 1_000});
  tally.addRead({failure: null, begunMs: 2_000, endedMs: 2_002});
  expect(tally.report(3_000, [{fromMs: 1_000, toMs: 2_000}])).toEqual({
    acknowledged: 100,
    refused: 1,
    unanswered: 1,
    bySide: {old: 99, new: 1},
    outageMs: 1_080,
    outages: [
      {
        client: 0,
        fromUtc: '1970-01-01T00:00:01.000Z',
        toUtc: '1970-01-01T00:00:02.080Z',
        ms: 1_080,
        failed: 2,
      },
    ],
    p50Ms: 4.5,
    p99Ms: 4.5,
    lastFailure: 'unanswered: no answer',
    reads: {answered: 1, failed: 1, lastFailure: 'status 503'},
    requests: {
      ...{made: 104, failed: 3, p50Ms: 4.5, p99Ms: 80, slowestMs: 900},
      writes: {made: 102, failed: 2, p50Ms: 4.5, p99Ms: 80, slowestMs: 900},
      reads: {made: 2, failed: 1, p50Ms: 2, p99Ms: 10, slowestMs: 10},
      inWindow: {
        ...{made: 5, failed: 3, p50Ms: 80, p99Ms: 900, slowestMs: 900},
        writes: {made: 3, failed: 2, p50Ms: 80, p99Ms: 900, slowestMs: 900},
        reads: {made: 2, failed: 1, p50Ms: 2, p99Ms: 10, slowestMs: 10},
      },
      besideWindow: {
        ...{made: 99, failed: 0, p50Ms: 4.5, p99Ms: 4.5, slowestMs: 4.5},
        writes: {made: 99, failed: 0, p50Ms: 4.5, p99Ms: 4.5, slowestMs: 4.5},
        reads: {made: 0, failed: 0, p50Ms: null, p99Ms: null, slowestMs: null},
      },
      failures: [
        {
          ...{what: 'write', client: 'client 0, keep-alive', address: '127.0.0.11'},
          ...{atUtc: '1970-01-01T00:00:01.000Z', tookMs: 900, reason: 'refused: status 503'},
        },
        {
          ...{what: 'write', client: 'unnamed client', address: null},
          ...{atUtc: '1970-01-01T00:00:01.910Z', tookMs: 80, reason: 'unanswered: no answer'},
        },
        {
          ...{what: 'read', client: 'unnamed client', address: null},
          ...{atUtc: '1970-01-01T00:00:00.990Z', tookMs: 10, reason: 'status 503'},
        },
      ],
    },
  });
});
