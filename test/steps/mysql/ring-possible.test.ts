import {expect, test} from 'vitest';
import {armRing} from '../../../steps/mysql/arm-ring.ts';
import {ringPossible} from '../../../steps/mysql/ring-possible.ts';
import {type FakeServer, fakeServers} from './fake-servers.ts';
import {lookOf, type Placed, performAll, settled} from './placed-unit.ts';

interface Case {
  readonly name: string;
  readonly on: 'source' | 'replica' | 'aurora';
  readonly variables: Readonly<Record<string, string>>;
  readonly also?: readonly FakeServer['name'][];
  readonly says: string;
}

const cases: readonly Case[] = [
  {
    name: 'equal server ids',
    on: 'aurora',
    variables: {server_id: '1'},
    says: 'db1 and aurora have the same server_id 1',
  },
  {
    name: 'no binary log',
    on: 'aurora',
    variables: {log_bin: 'OFF'},
    says: 'aurora has log_bin = OFF',
  },
  {
    name: 'a source that does not log what it replicates',
    on: 'source',
    variables: {log_slave_updates: 'OFF'},
    says: 'db1 has log_slave_updates = OFF',
  },
  {
    name: 'statements in the log',
    on: 'replica',
    variables: {binlog_format: 'MIXED'},
    says: 'db2 has binlog_format = MIXED',
  },
  {
    name: 'a filter of MariaDB',
    on: 'source',
    variables: {replicate_ignore_db: 'scratch', replicate_wild_ignore_table: 'mysql.%'},
    says: 'db1 filters what it replicates: replicate_ignore_db = scratch',
  },
  {
    name: 'workers without an order',
    on: 'source',
    variables: {slave_parallel_workers: '4', slave_preserve_commit_order: 'OFF'},
    says: 'db1 applies with 4 workers in no order',
  },
  {
    name: 'GTID modes that exclude each other',
    on: 'source',
    variables: {gtid_mode: 'OFF'},
    says: 'db1 has gtid_mode = OFF, and aurora has ON',
  },
  {
    name: 'strict GTIDs in one domain of MariaDB',
    on: 'source',
    variables: {gtid_strict_mode: 'ON', gtid_domain_id: '0'},
    says: 'db1 has gtid_strict_mode = ON and shares gtid_domain_id 0 with db2 and aurora',
  },
  {
    name: 'compressed transactions for an old reader',
    on: 'aurora',
    variables: {version: '8.0.36', binlog_transaction_compression: 'ON'},
    says: 'aurora has binlog_transaction_compression = ON, which db1 (5.7.44) cannot read',
  },
  {
    name: 'a collation that the old source does not know',
    on: 'aurora',
    variables: {version: '8.0.36', collation_server: 'utf8mb4_0900_ai_ci'},
    says: 'aurora uses utf8mb4_0900_ai_ci, which db1 does not know',
  },
];

/** What the other servers have, so that a case has one fault. */
const beside: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'GTID modes that exclude each other': {gtid_mode: 'ON'},
  'strict GTIDs in one domain of MariaDB': {gtid_domain_id: '0'},
  'compressed transactions for an old reader': {version: '5.7.44'},
  'a collation that the old source does not know': {version: '5.7.44'},
};

test.each(cases)('a ring is not possible with $name', async ({name, on, variables, says}) => {
  const servers = fakeServers();
  servers.replicating();
  const {source, replica, aurora} = servers;
  for (const server of [source, replica, aurora]) {
    server.variables = beside[name] ?? {};
  }
  servers[on].variables = {...beside[name], ...variables};
  const verdict = await settled(placed(servers));
  expect(verdict).toMatchObject({kind: 'blocked', reason: expect.stringContaining(says)});
  // Also where the gate was left out.
  expect(await settled(arming(servers))).toMatchObject({
    kind: 'blocked',
    reason: expect.stringContaining(says),
    hint: expect.stringContaining('Without a ring, use a runbook with mysql.replicate-back.'),
  });
});

test('an Aurora that does not log what it replicates makes a ring without a return', async () => {
  const servers = fakeServers();
  servers.replicating();
  servers.aurora.variables = {log_slave_updates: 'OFF'};
  expect(await settled(placed(servers))).toEqual({
    kind: 'done',
    output: {},
    remarks: [expect.stringContaining('aurora has log_slave_updates = OFF')],
  });
});

test('an old source that reads the log of a newer Aurora is a named risk', async () => {
  const servers = fakeServers();
  servers.replicating();
  servers.source.variables = {version: '5.7.44'};
  servers.aurora.variables = {version: '8.0.36', collation_server: ''};
  expect(await settled(placed(servers))).toMatchObject({
    kind: 'done',
    remarks: [
      expect.stringContaining('db1 is 5.7.44 and is to replicate from aurora, which is 8.0.36'),
    ],
  });
});

test('an Aurora that logs replicated changes as its own is found before the source executes them twice', async () => {
  const servers = fakeServers();
  servers.replicating();
  servers.aurora.forgetsOrigin = true;
  const ring = arming(servers);
  const actions = await armRing.plan(lookOf(ring), {source: null});
  await expect(performAll(ring, actions)).rejects.toMatchObject({
    problem: {code: 'mysql-ring-origin-lost'},
  });
  expect(servers.source.channel).toBeNull();
});

const on = ({source, replica, aurora}: ReturnType<typeof fakeServers>) => ({
  source: source.session(),
  replica: replica.session(),
  aurora: aurora.session(),
});

const placed = (servers: ReturnType<typeof fakeServers>): Placed => ({
  ...{id: 'ring-possible', unit: ringPossible, on: on(servers)},
});

const arming = (servers: ReturnType<typeof fakeServers>): Placed => ({
  ...{id: 'ring', unit: armRing, on: on(servers), input: {host: 'aurora'}},
});
