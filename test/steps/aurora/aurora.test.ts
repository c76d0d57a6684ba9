import {afterAll, beforeAll, beforeEach, describe, expect, test, vi} from 'vitest';
import {createRds} from '../../../lab/aws/rds.ts';
import type {Session} from '../../../src/model/target.ts';
import type {AuroraReader, AuroraWriter} from '../../../steps/aurora/contract.ts';
import {openWrites} from '../../../steps/aurora/open-writes.ts';
import {promote} from '../../../steps/aurora/promote.ts';
import {replicateFrom} from '../../../steps/aurora/replicate-from.ts';
import {endClients} from '../../../steps/mysql/index.ts';
import {type Started, started} from '../../lab/aws/started.ts';
import {lookOf, type Placed, performAll, reverse, run, settled} from '../mysql/placed-unit.ts';
import {
  commit,
  openRealServers,
  pictureOf,
  type RealServers,
  untilFollowed,
} from '../mysql/real-servers.ts';
import {withoutProcedure, withSession} from './real-cluster.ts';

let servers: RealServers;
let aws: Started;
beforeAll(async () => {
  servers = await openRealServers();
  aws = await started(
    createRds({clusters: [{identifier: 'shop', endpoint: '127.0.0.1', port: 3306}]}),
  );
});
beforeEach(() => servers.begin());
afterAll(async () => {
  await aws?.[Symbol.asyncDispose]();
  await servers?.close();
});

const aurora = () => servers.databases.aurora;
describe('replicating', () => {
  const replicate = (input: object = servers.databases.seed): Placed => ({
    id: 'replicate',
    unit: replicateFrom,
    on: {aurora: servers.aurora, upstream: servers.replica},
    input: {...servers.at.replica, ...input},
  });

  test('Aurora before version 3 has other procedures, and they are found', () =>
    withoutProcedure(aurora(), 'rds_set_external_source', () =>
      withoutProcedure(aurora(), 'rds_reset_external_source', () =>
        withCluster({}, async (session) => {
          const old = {...replicate(), on: {aurora: session, upstream: servers.replica}};
          const {before} = await run(old);
          expect(await pictureOf(aurora())).toMatchObject({
            readOnly: 1,
            follows: ['127.0.0.1', servers.at.replica.port, 'Yes', 'Yes'],
          });
          expect(await reverse(old, before)).toMatchObject({kind: 'pending', before});
        }),
      ),
    ));

  test('a seed whose log is gone is refused before anything is changed', async () => {
    const {file} = servers.databases.seed;
    expect(await settled(replicate({file, position: 99_999_999}))).toMatchObject({
      kind: 'blocked',
      reason: expect.stringMatching(
        /^db2 has its binary logs from mysql-bin\.000001 to mysql-bin\.\d+:\d+, and the seed was taken at mysql-bin\.\d+:99999999\.$/,
      ),
    });
  });

  test('an account that may not replicate is told in the words of the server, and reversed', () =>
    withCluster({replication: {user: 'repl', password: 'not the password'}}, async (session) => {
      const wrong = {...replicate(), on: {aurora: session, upstream: servers.replica}};
      const verdict = await settled(wrong);
      const actions = await replicateFrom.plan(lookOf(wrong), undefined as never);
      const thrown = await performAll(wrong, actions).catch((cause: Error) => cause.message);
      expect(thrown).toMatch(
        /^Replication on aurora was started but does not run: .*'repl@127\.0\.0\.1:\d+'.* \(IO errno 1045\)\.$/,
      );
      expect(thrown).not.toContain('not the password');
      expect(
        await reverse(wrong, verdict.kind === 'pending' ? verdict.before : null),
      ).toMatchObject({
        kind: 'pending',
      });
    }));
});

test('Aurora is not promoted before it has executed everything', async () => {
  await servers.replicating();
  await aurora().query('STOP SLAVE SQL_THREAD');
  await servers.databases.replica.query('FLUSH LOGS');
  const placed = {
    id: 'promote',
    unit: promote,
    on: {aurora: servers.aurora, upstream: servers.replica},
  };
  expect(await settled(placed)).toMatchObject({
    kind: 'blocked',
    reason: expect.stringMatching(
      /^aurora is at mysql-bin\.\d+:\d+, 1 file behind db2, which is at mysql-bin\.\d+:\d+: the log was rotated, and the SQL thread is stopped\.$/,
    ),
    hint: 'Start replication on aurora with CALL mysql.rds_start_replication, then try again.',
  });
  await servers.databases.source.query("INSERT INTO shop.orders (token) VALUES ('not yet')");
  await untilFollowed(servers.databases.source, servers.databases.replica);
  expect(await settled(placed)).toMatchObject({
    kind: 'blocked',
    reason: expect.stringMatching(/^aurora is at .*: shop\.orders at mysql-bin\.\d+:\d+.*\.$/),
    hint: 'Freeze writes, and wait with mysql.caught-up until aurora has executed everything.',
  });
});

test('after a reversal Aurora has no session left that could still commit', async () => {
  await aurora().query('SET GLOBAL read_only = ON');
  const open: Placed = {id: 'open', unit: openWrites, on: {aurora: servers.aurora}};
  const {before} = await run(open);
  const client = await servers.databases.connect(aurora(), 'shop');
  await client.query('START TRANSACTION');
  await client.query("INSERT INTO shop.orders (token) VALUES ('too late')");
  expect(await reverse(open, before)).toMatchObject({kind: 'pending', before});
  expect(await commit(client)).toBe('not acknowledged');
  expect(await aurora().query("SELECT id FROM shop.orders WHERE token = 'too late'")).toEqual([]);
  client.destroy();
});

// Root is to the stand-in what rdsadmin is to Aurora: rds_kill refuses to end its sessions.
describe('a session that Aurora refuses to end', () => {
  const end = (limitMs: number, said: string[]) =>
    endClients(servers.aurora.writer, {
      isToEnd: () => true,
      signal: new AbortController().signal,
      limitMs,
      say: (text) => void said.push(text),
    });

  test('is waited for until it has gone', async () => {
    const said: string[] = [];
    let ended: Promise<void> | undefined;
    await aurora().session(async () => {
      ended = end(60_000, said);
      await vi.waitUntil(() => said.some((text) => text.includes('refuses to end')), 30_000);
    });
    await ended;
  });

  test('is named when it stays', async () => {
    const said: string[] = [];
    await aurora().session(async ({threadId}) => {
      const session = `session ${threadId} of root@localhost (errno 1644)`;
      await expect(end(100, said)).rejects.toMatchObject({
        problem: {
          code: 'mysql-session-kill-refused',
          message: `aurora refused to end sessions that are still connected: ${session}.`,
        },
      });
      expect(said).toContain(`aurora refuses to end ${session}: waiting until it is gone`);
    });
    await expect(end(60_000, said)).resolves.toBeUndefined();
  });
});

const withCluster = <Result>(
  config: object,
  work: (session: Session<AuroraReader, AuroraWriter>) => Promise<Result>,
): Promise<Result> => withSession(aurora(), {...aws.config, ...config}, work);
