import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, beforeEach, expect, test} from 'vitest';
import {delayReplication, holdReplication} from '../../../lab/mysql/faults.ts';
import {statementsOf} from '../../../lab/mysql/statements.ts';
import {caughtUp} from '../../../steps/mysql/caught-up.ts';
import {hasReached} from '../../../steps/mysql/replication/position.ts';
import {watchReplication} from '../../../steps/mysql/watch-replication.ts';
import {forEachPair} from '../../lab/mysql/for-each-kind.ts';
import {lookOf, type Placed, run, settled} from './placed-unit.ts';
import {openRealServers, type RealServers, untilFollowed} from './real-servers.ts';

forEachPair('catching up', (pair) => {
  let servers: RealServers;
  let firstHop: Placed;
  beforeAll(async () => {
    servers = await openRealServers(pair);
    const on = {upstream: servers.source, replica: servers.replica};
    firstHop = {id: 'first', unit: caughtUp, on};
  });
  beforeEach(() => servers.begin());
  afterAll(() => servers?.close());

  const order = () =>
    servers.databases.source.query("INSERT INTO shop.orders (token) VALUES ('one more')");

  test('is done when the position is executed, and outputs its own position for the next hop', async () => {
    await order();
    const position = await servers.source.reader.position();
    const {output} = await run({...firstHop, input: {position}});
    expect(output).toEqual(await servers.replica.reader.position());
  });

  test('is done after a log rotation upstream without a write', async () => {
    await servers.databases.source.query('FLUSH LOGS');
    const position = await servers.source.reader.position();
    expect((await run({...firstHop, input: {position}})).output).toEqual(
      await servers.replica.reader.position(),
    );
  });

  test('waits for a replica that has received everything and executes nothing', async () => {
    const start = await servers.source.reader.position();
    const release = await holdReplication(servers.databases.replica);
    await order();
    const position = await servers.source.reader.position();
    const verdict = await caughtUp.check(lookOf({...firstHop, input: {position}}));
    await release();
    const bytes = position.position - start.position;
    expect(verdict).toEqual({
      kind: 'waiting',
      progress: `db2 is at ${start.file}:${start.position}, ${bytes} bytes behind ${position.file}:${position.position}`,
    });
    await run({...firstHop, input: {position}});
  });

  test('the server itself waits until it has executed the position, or does not execute', async () => {
    const {reader} = servers.replica;
    const release = await holdReplication(servers.databases.replica);
    await order();
    const position = await servers.source.reader.position();
    const released = sleep(300).then(release);
    let checks = 0;
    const reached = async () => {
      checks += 1;
      const replication = await reader.replication();
      return replication !== null && hasReached(replication.executed, position);
    };
    while (!(await reached())) {
      await reader.waitUntilExecuted(position);
    }
    await released;
    // Asked without waiting there would be hundreds.
    expect(checks).toBeLessThan(30);

    const {stopExecuting, startExecuting} = statementsOf(servers.databases.replica.brand);
    await servers.databases.replica.query(stopExecuting);
    const later = {...position, position: position.position + 1_000};
    expect(await reader.waitUntilExecuted(later)).toBe(null);
    await servers.databases.replica.query(startExecuting);
    expect(await reader.waitUntilExecuted(position)).toEqual(await reader.position());
    expect(await reached()).toBe(true);
  });

  test('without a position, the lag is measured, and Seconds_Behind is not used', async () => {
    await delayReplication(servers.databases.replica, 1);
    await order();
    const near = await caughtUp.check(lookOf({...firstHop, input: {lagMsMax: 5_000}}));
    expect(near.kind).toBe('done');
    await order();
    const tooFar = await caughtUp.check(lookOf({...firstHop, input: {lagMsMax: 100}}));
    await delayReplication(servers.databases.replica, 0);
    expect(tooFar).toMatchObject({
      kind: 'waiting',
      progress: expect.stringContaining('more than 100 ms behind'),
    });
  });

  test('reports the error that stopped replication, in the words of the server', async () => {
    const {source, replica} = servers.databases;
    await untilFollowed(source, replica);
    await replica.session(async (connection) => {
      await connection.query('SET sql_log_bin = 0');
      await connection.query('RENAME TABLE shop.digests TO shop.away');
    });
    await source.query('INSERT INTO shop.digests (orders) VALUES (1)');
    const verdict = await settled(firstHop);
    await replica.session(async (connection) => {
      await connection.query('SET sql_log_bin = 0');
      await connection.query('RENAME TABLE shop.away TO shop.digests');
      await connection.query(statementsOf(replica.brand).start);
    });
    expect(verdict).toEqual({
      kind: 'blocked',
      reason: expect.stringMatching(
        // With several workers the first look finds the words of their coordinator.
        /^db2 does not replicate from db1: (Error executing row event: 'Table 'shop\.digests' doesn't exist'|Coordinator stopped .*) \(SQL errno 1146\)\.$/,
      ),
      hint: 'Read SHOW SLAVE STATUS (SHOW REPLICA STATUS) on db2, and fix the cause.',
    });
  });

  test('is blocked for a replica of another server, by its server_id', async () => {
    await servers.replicating();
    const on = {upstream: servers.source, replica: servers.aurora};
    expect(await settled({...firstHop, on})).toMatchObject({
      kind: 'blocked',
      reason: 'aurora replicates from the server with server_id 2, and db1 has server_id 1.',
    });
  });

  test('is blocked for a server that does not replicate', async () => {
    const on = {upstream: servers.replica, replica: servers.aurora};
    expect(await settled({...firstHop, on})).toEqual({
      kind: 'blocked',
      reason: 'aurora does not replicate, so it cannot catch up with db2.',
      hint: 'Start replication from db2 on aurora first.',
    });
  });

  test('a watch measures the lag of minutes, and shows it to who is asked afterwards', async () => {
    const since = new Date(Date.now() - 60_000);
    const watch = (minutes: number, more: object = {}) =>
      watchReplication.check(
        lookOf({...firstHop, unit: watchReplication, input: {since, minutes, ...more}}),
      );
    expect(await watch(5)).toMatchObject({
      kind: 'waiting',
      progress: expect.stringMatching(
        /^watching until .* UTC: a lag of \d+ ms, at most \d+ ms in 1 /,
      ),
      bookmark: {count: 1, tooLong: 0},
    });
    const over = await watch(1);
    expect(over).toMatchObject({kind: 'done', output: {count: 1, tooLong: 0}});
    expect(over.kind === 'done' && watchReplication.evidence?.(over.output)).toEqual([
      expect.stringMatching(/^a lag of \d+ ms, at most \d+ ms in 1 measurement$/),
    ]);
    await delayReplication(servers.databases.replica, 2);
    const {reader} = servers.replica;
    while ((await reader.replication())?.io !== 'Yes') {
      await sleep(20);
    }
    await order();
    const behind = await watch(1, {lagMsMax: 100});
    await order();
    const tooLate = await watch(0, {lagMsMax: 100, lateMsMax: 0});
    await delayReplication(servers.databases.replica, 0);
    expect(behind).toMatchObject({
      kind: 'waiting',
      progress: 'db2 is more than 100 ms behind db1',
      bookmark: {count: 1, tooLong: 1},
    });
    expect(tooLate).toMatchObject({
      kind: 'blocked',
      reason: 'At the end of the watch db2 is more than 100 ms behind db1.',
    });
  });
});
