import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest';
import {createCloudWatch} from '../../../lab/aws/cloudwatch.ts';
import {createRds, type Rds} from '../../../lab/aws/rds.ts';
import type {Session} from '../../../src/model/target.ts';
import {
  type AuroraReader,
  type AuroraWriter,
  auroraCluster,
} from '../../../steps/aurora/cluster.ts';
import {openWrites} from '../../../steps/aurora/open-writes.ts';
import {promote} from '../../../steps/aurora/promote.ts';
import {readyAsTarget} from '../../../steps/aurora/ready-as-target.ts';
import {replicateFrom} from '../../../steps/aurora/replicate-from.ts';
import {type Started, started} from '../../lab/aws/started.ts';
import {passwords} from '../../lab/mysql/databases.ts';
import {commit, openRealServers, pictureOf, type RealServers} from '../mysql/real-servers.ts';
import {lookOf, type Placed, performAll, reverse, run, settled} from '../mysql/walk.ts';

const shop = {identifier: 'shop', endpoint: '127.0.0.1', port: 3306};

let servers: RealServers;
let rds: Rds;
let aws: Started;
beforeAll(async () => {
  servers = await openRealServers();
  rds = createRds({clusters: [shop]});
  aws = await started(rds, createCloudWatch(rds.measure));
});
beforeEach(() => servers.begin());
afterAll(async () => {
  await aws?.[Symbol.asyncDispose]();
  await servers?.close();
});

const aurora = () => servers.databases.aurora;
const setRetention = (hours: number | null) =>
  aurora().query("CALL mysql.rds_set_configuration('binlog retention hours', ?)", [hours]);

describe('ready as the target', () => {
  beforeEach(() => setRetention(168));
  afterEach(async () => {
    rds.change('shop', {status: 'available', members: [{identifier: 'shop-1', writer: true}]});
    await aurora().query("SET GLOBAL collation_server = 'utf8mb4_unicode_ci'");
  });

  test('an available cluster with a way back is', () =>
    withCluster({}, async (session) => {
      expect(await settled(readyOf(session))).toEqual({kind: 'done', output: {}});
    }));

  test('a cluster that is being changed is waited for', () =>
    withCluster({}, async (session) => {
      rds.change('shop', {status: 'modifying'});
      expect(await readyAsTarget.check(lookOf(readyOf(session)))).toEqual({
        kind: 'settling',
        progress: 'cluster shop is modifying, not available',
      });
    }));

  test('everything that is wrong is told at once, with what to do about each', () =>
    withCluster({}, async (session) => {
      await setRetention(12);
      rds.change('shop', {
        members: [{identifier: 'shop-1', writer: true, parameterGroupStatus: 'pending-reboot'}],
      });
      expect(await settled(readyOf(session))).toEqual({
        kind: 'blocked',
        reason:
          'aurora is not ready as the target: cluster shop has a writer that has not taken the parameters of shop-cluster-parameters yet; aurora keeps its binary logs 12 h, and a way back needs 24 h.',
        hint: "Reboot the writer instance, days before the night. On Aurora: CALL mysql.rds_set_configuration('binlog retention hours', 168).",
      });
    }));

  test('a server without rds_set_read_only cannot be fenced', () =>
    withCluster({}, async (session) => {
      await withoutProcedure('rds_set_read_only', async () => {
        expect(await settled(readyOf(session))).toEqual({
          kind: 'blocked',
          reason:
            'aurora is not ready as the target: aurora has no procedure mysql.rds_set_read_only.',
          hint: 'rds_set_read_only needs Aurora MySQL 3.06 or later; upgrade the cluster, or look whether the endpoint belongs to Aurora.',
        });
      });
    }));

  test('a cluster that RDS does not know is named', () =>
    withCluster({clusterIdentifier: 'shp'}, async (session) => {
      expect(await settled(readyOf(session))).toEqual({
        kind: 'blocked',
        reason:
          'aurora is not ready as the target: RDS has no cluster shp in this account and region.',
        hint: "Correct clusterIdentifier or region in the inventory's entry.",
      });
    }));
});

describe('replicating', () => {
  const replicate = (input: object = servers.databases.seed): Placed => ({
    id: 'replicate',
    unit: replicateFrom,
    on: {aurora: servers.aurora, upstream: servers.replica},
    input: {...servers.at.replica, ...input},
  });

  test('Aurora before version 3 has other procedures, and they are found', () =>
    withoutProcedure('rds_set_external_source', () =>
      withoutProcedure('rds_reset_external_source', () =>
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
        /^db2 has its log from mysql-bin\.000001 to mysql-bin\.\d+:\d+, and the seed was taken at mysql-bin\.\d+:99999999\.$/,
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
        /^Replication on aurora was started and does not run: .*'repl@127\.0\.0\.1:\d+'.* \(IO errno 1045\)\.$/,
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
      /^aurora is at mysql-bin\.\d+:\d+, 1 file before mysql-bin\.\d+:\d+ where db2 stands\.$/,
    ),
    hint: 'Freeze writes, and wait with mysql.caught-up until aurora has executed everything.',
  });
});

test('fenced again, Aurora has lost every session that could still have committed', async () => {
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

const readyOf = (session: Session<AuroraReader, AuroraWriter>): Placed => ({
  id: 'ready',
  unit: readyAsTarget,
  on: {aurora: session, source: servers.source, replica: servers.replica},
});

async function withCluster<Result>(
  config: object,
  work: (session: Session<AuroraReader, AuroraWriter>) => Promise<Result>,
): Promise<Result> {
  const login = {
    host: '127.0.0.1',
    port: aurora().port,
    user: 'admin',
    password: passwords.admin,
    replication: {user: 'repl', password: passwords.repl},
    clusterIdentifier: 'shop',
    ...aws.config,
  };
  const signal = new AbortController().signal;
  const session = await auroraCluster.open({...login, ...config}, {name: 'aurora', signal});
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

/** As on a server that never had it. */
async function withoutProcedure(name: string, work: () => Promise<void>): Promise<void> {
  await rename(name, `away_${name}`);
  try {
    await work();
  } finally {
    await rename(`away_${name}`, name);
  }
}

const rename = (from: string, to: string) =>
  aurora().session(async (connection) => {
    await connection.query('SET sql_log_bin = 0');
    for (const column of ['name', 'specific_name']) {
      await connection.query(`UPDATE mysql.proc SET ${column} = ? WHERE ${column} = ?`, [to, from]);
    }
  });
