import {afterAll, beforeAll, expect, test} from 'vitest';
import {onlyReplicationWrites} from '../../../steps/mysql/only-replication-writes.ts';
import {verifyOverReplica} from '../../../steps/mysql/verify-over-replica.ts';
import {forEachPair} from '../../lab/mysql/for-each-kind.ts';
import {type Placed, run, settled} from './placed-unit.ts';
import {openRealServers, type RealServers, untilFollowed} from './real-servers.ts';

forEachPair('a source, its replica and Aurora', (pair) => {
  let servers: RealServers;
  let compared: any;
  beforeAll(async () => {
    servers = await openRealServers(pair);
    await servers.replicating();
  });
  afterAll(() => servers?.close());

  const on = () => ({source: servers.source, replica: servers.replica, target: servers.aurora});
  const verify = (): Placed => ({id: 'verify-data', unit: verifyOverReplica, on: on()});
  const onlyReplication = (): Placed => ({
    ...{id: 'only-replication', unit: onlyReplicationWrites, on: on()},
    input: {replicaSince: compared.replicaSince, targetSince: compared.targetSince},
  });
  const order = (token: string) =>
    servers.databases.source.query('INSERT INTO shop.orders (token) VALUES (?)', [token]);
  const followed = async () => {
    const {source, replica, aurora} = servers.databases;
    await untilFollowed(source, replica);
    await untilFollowed(replica, aurora);
  };

  test('are compared end to end while orders come in', async () => {
    let writing = true;
    const writes = (async () => {
      for (let count = 0; writing; count += 1) {
        await order(`while comparing ${count}`);
      }
    })();
    const {output} = await run(verify()).finally(() => {
      writing = false;
    });
    await writes;
    expect(output).toMatchObject({
      tables: 2,
      changing: 0,
      replicaSince: {file: expect.any(String)},
    });
    expect(output.rows).toBeGreaterThanOrEqual(300);
    compared = output;
    await order('after comparing');
    await followed();
    expect(await settled(onlyReplication())).toEqual({kind: 'done', output: {}});
  });

  test('a replica that somebody made writable is named, and not the freeze later', async () => {
    const {replica} = servers.databases;
    await replica.query('SET GLOBAL read_only = OFF');
    expect(await settled(onlyReplication())).toMatchObject({
      kind: 'blocked',
      reason: 'db2 accepts writes (read_only = OFF), and db1 would not receive them.',
    });
    await replica.query('SET GLOBAL read_only = ON');
    expect(await settled(onlyReplication())).toEqual({kind: 'done', output: {}});
  });

  test('a row that was deleted on the replica is found in its log and on Aurora', async () => {
    await servers.databases.replica.query("DELETE FROM shop.orders WHERE token = 'seed-0007'");
    await followed();
    expect(await settled(onlyReplication())).toMatchObject({
      kind: 'blocked',
      reason: expect.stringMatching(
        /^db2 was written to once after mysql-bin\.\d+:\d+, outside replication: shop\.orders at mysql-bin\.\d+:\d+\. db1 does not have them\.$/,
      ),
    });
    expect(await settled(verify())).toMatchObject({
      kind: 'blocked',
      reason: expect.stringMatching(/^aurora differs from db1 \(1 difference\): .*shop\.orders/),
    });
  });
});
