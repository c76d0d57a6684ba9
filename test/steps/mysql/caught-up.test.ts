import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, beforeEach, expect, test} from 'vitest';
import {delayReplication, holdReplication} from '../../../lab/mysql/faults.ts';
import {statementsOf} from '../../../lab/mysql/statements.ts';
import {caughtUp} from '../../../steps/mysql/caught-up.ts';
import {hasReached} from '../../../steps/mysql/replication/position.ts';
import {forEachPair} from '../../lab/mysql/for-each-kind.ts';
import {openRealServers, type RealServers, untilFollowed} from './real-servers.ts';
import {lookOf, type Placed, run, settled} from './walk.ts';

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

  test('it is done when the position is executed, and tells the own position for the next hop', async () => {
    await order();
    const position = await servers.source.reader.position();
    const {output} = await run({...firstHop, input: {position}});
    expect(output).toEqual(await servers.replica.reader.position());
  });

  test('a new log file upstream without any write in it is caught up with', async () => {
    await servers.databases.source.query('FLUSH LOGS');
    const position = await servers.source.reader.position();
    expect((await run({...firstHop, input: {position}})).output).toEqual(
      await servers.replica.reader.position(),
    );
  });

  test('a replica that has received everything and executes nothing is not caught up', async () => {
    const start = await servers.source.reader.position();
    const release = await holdReplication(servers.databases.replica);
    await order();
    const position = await servers.source.reader.position();
    const verdict = await caughtUp.check(lookOf({...firstHop, input: {position}}));
    await release();
    const bytes = position.position - start.position;
    expect(verdict).toEqual({
      kind: 'waiting',
      progress: `db2 is at ${start.file}:${start.position}, ${bytes} bytes before ${position.file}:${position.position}`,
    });
    await run({...firstHop, input: {position}});
  });

  test('the server itself tells when it has executed the position, or that it does not execute', async () => {
    const {reader} = servers.replica;
    const release = await holdReplication(servers.databases.replica);
    await order();
    const position = await servers.source.reader.position();
    const released = sleep(300).then(release);
    let looks = 0;
    const reached = async () => {
      looks += 1;
      const replication = await reader.replication();
      return replication !== null && hasReached(replication.executed, position);
    };
    while (!(await reached())) {
      await reader.waitUntilExecuted(position);
    }
    await released;
    // Asked without waiting there would be hundreds.
    expect(looks).toBeLessThan(30);

    const {stopExecuting, startExecuting} = statementsOf(servers.databases.replica.brand);
    await servers.databases.replica.query(stopExecuting);
    await reader.waitUntilExecuted(position);
    await servers.databases.replica.query(startExecuting);
    await reader.waitUntilExecuted(position);
    expect(await reached()).toBe(true);
  });

  test('without a position, near enough is measured and not believed', async () => {
    await delayReplication(servers.databases.replica, 1);
    await order();
    const near = await caughtUp.check(lookOf({...firstHop, input: {lagMsMax: 5_000}}));
    expect(near.kind).toBe('done');
    await order();
    const tooFar = await caughtUp.check(lookOf({...firstHop, input: {lagMsMax: 100}}));
    await delayReplication(servers.databases.replica, 0);
    expect(tooFar).toMatchObject({
      kind: 'waiting',
      progress: expect.stringContaining('more than 100 ms before'),
    });
  });

  test('a replica that stopped with an error is told in the words of the server', async () => {
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
      hint: 'Read SHOW SLAVE STATUS (SHOW REPLICA STATUS) on db2, and remove the cause.',
    });
  });

  test('a replica of somebody else is found out by its server_id', async () => {
    await servers.replicating();
    const on = {upstream: servers.source, replica: servers.aurora};
    expect(await settled({...firstHop, on})).toMatchObject({
      kind: 'blocked',
      reason: 'aurora follows the server with server_id 2, and db1 has server_id 1.',
    });
  });

  test('a server that follows nobody does not catch up', async () => {
    const on = {upstream: servers.replica, replica: servers.aurora};
    expect(await settled({...firstHop, on})).toEqual({
      kind: 'blocked',
      reason: 'aurora follows nobody, so it does not catch up with db2.',
      hint: 'Let aurora replicate from db2 first.',
    });
  });
});
