import {afterAll, beforeAll, beforeEach, describe, expect, test, vi} from 'vitest';
import type {LabDatabase} from '../../../lab/mysql/server.ts';
import {statementsOf} from '../../../lab/mysql/statements.ts';
import type {AnyUpkeep, Step} from '../../../src/model/step.ts';
import {auroraChecks} from '../../../steps/aurora/checks/catalogue.ts';
import {replicateFrom} from '../../../steps/aurora/replicate-from.ts';
import {auroraCluster} from '../../../steps/aurora/target.ts';
import {factsOf} from '../../../steps/mysql/checks/facts.ts';
import {replicateBack} from '../../../steps/mysql/replicate-back.ts';
import {mysqlConfig} from '../../../steps/mysql/session/config.ts';
import {mysqlServer} from '../../../steps/mysql/target.ts';
import {certificatesOf} from '../../lab/mysql/certificates.ts';
import {passwords} from '../../lab/mysql/databases.ts';
import {forEachPair, forMariadb} from '../../lab/mysql/for-each-kind.ts';
import {type KindPair, serverPairs} from '../../lab/mysql/server-kinds.ts';
import {lookOf, type Placed, performAll, reverse, run, settled} from './placed-unit.ts';
import {openRealServers, type RealServers, replicationOn} from './real-servers.ts';

const certificates = certificatesOf(['db', 'another'], 'replication over TLS');
afterAll(() => certificates?.remove());

/** An account that the server lets in over TLS alone: without it, a login in clear text would go unnoticed. */
const addAccount = (on: LabDatabase) =>
  on.session(async (connection) => {
    await connection.query('SET sql_log_bin = 0');
    if (on.brand === 'mysql') {
      await connection.query("CREATE USER overtls@'%' IDENTIFIED BY 'over tls' REQUIRE SSL");
      await connection.query("GRANT REPLICATION SLAVE ON *.* TO overtls@'%'");
    } else {
      await connection.query(
        "GRANT REPLICATION SLAVE ON *.* TO overtls@'%' IDENTIFIED BY 'over tls' REQUIRE SSL",
      );
    }
  });

const ssl = {
  mysql: 'CHANGE REPLICATION SOURCE TO SOURCE_SSL',
  mariadb: 'CHANGE MASTER TO MASTER_SSL',
  'mysql-5.6': 'CHANGE MASTER TO MASTER_SSL',
} as const;

const account = {user: 'overtls', password: 'over tls'};
const signal = new AbortController().signal;

function onPair(pair: KindPair): void {
  let servers: RealServers;
  const opened: {close(): Promise<unknown>}[] = [];
  beforeAll(async () => {
    servers = await openRealServers(pair, certificates?.settings('db'));
    await addAccount(servers.databases.replica);
    await addAccount(servers.databases.aurora);
  });
  beforeEach(() => servers.begin());
  afterAll(async () => {
    await Promise.all(opened.map((session) => session.close()));
    await servers?.close();
  });

  const overTls = async () => {
    const {port} = servers.databases.aurora;
    const session = await auroraCluster.open(
      {
        ...{host: '127.0.0.1', port, user: 'admin', password: passwords.admin},
        ...{clusterIdentifier: 'shop', region: 'us-east-1', replication: {...account, tls: {}}},
      },
      {name: 'aurora', signal},
    );
    opened.push(session);
    return session;
  };
  const sourceOverTls = async (tls: {caFile?: string; verify?: boolean}) => {
    const {port} = servers.databases.source;
    const login = {user: 'switcharoo', password: passwords.switcharoo};
    const session = await mysqlServer.open(
      mysqlConfig.parse({host: '127.0.0.1', port, ...login, replication: {...account, tls}}),
      {name: 'db1', signal},
    );
    opened.push(session);
    return session;
  };
  const replicate = async (): Promise<Placed> => ({
    ...{id: 'replicate', unit: replicateFrom},
    on: {aurora: await overTls(), upstream: servers.replica},
    input: {...servers.at.replica, ...servers.databases.seed},
  });
  const upkeepOf = ({unit}: Placed): readonly AnyUpkeep[] =>
    (unit as Step<any, any, any, any>).upkeep ?? [];

  const isOld = pair.source.name === 'MySQL 5.6';
  test.skipIf(isOld)(
    'to Aurora: also where a process died between its two calls, and named when it is switched off',
    async () => {
      const {aurora} = servers.databases;
      const placed = await replicate();
      // All that a process did that died after the first call.
      const {file, position} = servers.databases.seed;
      const {host, port} = servers.at.replica;
      await aurora.query('CALL mysql.rds_set_external_source(?, ?, ?, ?, ?, ?, 0)', [
        ...[host, port, account.user, account.password, file, position],
      ]);
      const half = await settled(placed, true);
      const before = half.kind === 'pending' ? half.before : undefined;
      await performAll(
        placed,
        await (placed.unit as typeof replicateFrom).plan(lookOf(placed, true), before as never),
      );
      const {output} = await run({...placed, unit: {...placed.unit} as Placed['unit']});
      expect(await replicationOn(aurora)).toMatchObject({tls: true, io: 'Yes', sql: 'Yes'});
      const holding = await upkeepOf(placed)[1]?.check(lookOf(placed, true), {
        ...{output, at: new Date()},
      });
      expect(holding).toEqual({kind: 'holds'});

      await aurora.query('CALL mysql.rds_stop_replication()');
      await aurora.query('CALL mysql.rds_set_binlog_source_ssl(0)');
      const off = await upkeepOf(placed)[1]?.check(lookOf(placed, true), {
        ...{output, at: new Date()},
      });
      expect(off).toMatchObject({
        kind: 'blocked',
        reason: `aurora replicates from ${host}:${port} without TLS, and the inventory asks for it (replication.tls).`,
        hint: expect.stringContaining('mysql.rds_set_binlog_source_ssl(1)'),
      });
      expect(await reverse(placed, {readOnly: false, source: null})).toMatchObject({
        kind: 'pending',
      });
      expect(await replicationOn(aurora)).toBeNull();
    },
  );

  test.skipIf(isOld)(
    'from Aurora, with its certificate checked, and not with another one',
    async () => {
      const {aurora, source} = servers.databases;
      const ca = (name: string) => ({caFile: String(certificates?.file(name))});
      await source.query('SET GLOBAL read_only = ON');
      await aurora.query('SET GLOBAL read_only = ON');
      const end = await servers.aurora.reader.position();
      const placed = async (tls: {caFile: string; verify?: boolean}): Promise<Placed> => ({
        ...{id: 'back', unit: replicateBack},
        on: {replica: await sourceOverTls(tls), source: servers.aurora},
        input: {...servers.at.aurora, ...end},
      });
      const back = await placed({...ca('db'), verify: true});
      const {before} = await run(back);
      expect(await replicationOn(source)).toMatchObject({tls: true, io: 'Yes', sql: 'Yes'});
      const upkeep = () =>
        upkeepOf(back)[0]?.check(lookOf(back, true), {output: {}, at: new Date()});
      expect(await upkeep()).toEqual({kind: 'holds'});
      const {start, stop} = statementsOf(source.brand);
      for (const statement of [stop, `${ssl[source.brand]} = 0`]) {
        await source.query(statement);
      }
      const missing = {
        kind: 'blocked',
        reason: expect.stringMatching(/^db1 replicates from .* without TLS, and the inventory/),
      };
      expect(await upkeep()).toMatchObject(missing);
      expect(await settled(back, true)).toMatchObject(missing);
      for (const statement of [`${ssl[source.brand]} = 1`, start]) {
        await source.query(statement);
      }
      expect(await reverse(back, before)).toMatchObject({kind: 'pending', before});

      const wrong = await placed({...ca('another'), verify: true});
      const [set] = await replicateBack.plan(lookOf(wrong), {source: null});
      await performAll(wrong, set ? [set] : []);
      await source.query(statementsOf(source.brand).start);
      const error = async () => (await replicationOn(source))?.error ?? null;
      await vi.waitUntil(async () => (await error()) !== null, 10_000);
      expect(await error()).toMatchObject({thread: 'io', text: expect.stringMatching(/SSL/)});
      expect((await replicationOn(source))?.io).not.toBe('Yes');
      await source.query(statementsOf(source.brand).stop);
      await source.query(statementsOf(source.brand).forget);
    },
  );

  test('preflight names replication without TLS, and a server that cannot have it', async () => {
    const found = async (name: string, tls: boolean) => {
      const aurora = tls ? await overTls() : servers.aurora;
      const source = tls ? await sourceOverTls({}) : servers.source;
      const check = auroraChecks.find((one) => one.name === name);
      const elsewhere = (session: {reader: (typeof servers.source)['reader']}) =>
        factsOf({...session.reader, address: 'db.example:3306'}, signal);
      const sides = {
        ...{aurora: elsewhere(aurora), reader: aurora.reader, cluster: async () => null},
        ...{source: elsewhere(source), replica: elsewhere(servers.replica)},
      };
      return (await check?.find(sides))?.map(({is}) => is);
    };
    expect(await found('replication-not-encrypted', false)).toEqual([
      'replication to aurora from db2 is without TLS: the inventory entry of aurora has no replication.tls',
      'replication to db1 from aurora is without TLS: the inventory entry of db1 has no replication.tls',
    ]);
    expect(await found('replication-not-encrypted', true)).toEqual([]);
    const old = /, but db\d \(MySQL 5\.6\.24-log\) supports TLSv1 only, and Aurora needs TLS 1\.2$/;
    expect(await found('replication-tls-unavailable', true)).toEqual(
      isOld ? [expect.stringMatching(old), expect.stringMatching(old)] : [],
    );
  });
}

describe.skipIf(!certificates)('replication over TLS', () => {
  // The other pair has a MySQL 5.6 already.
  const pairs = serverPairs.filter(({target}) => target.name !== 'MySQL 5.6');
  forEachPair('there and back', onPair, pairs);
  forMariadb('there and back', onPair);
});
