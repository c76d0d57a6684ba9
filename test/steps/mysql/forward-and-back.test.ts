import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {holdReplication} from '../../../lab/mysql/faults.ts';
import type {LabDatabase} from '../../../lab/mysql/server.ts';
import {statementsOf} from '../../../lab/mysql/statements.ts';
import {replicateBack} from '../../../steps/mysql/replicate-back.ts';
import {forEachPair} from '../../lab/mysql/for-each-kind.ts';
import {backAndForth, replicating} from './back-and-forth.ts';
import {lookOf, type Placed, reverse} from './placed-unit.ts';
import {openRealServers, type RealServers, replicationOn} from './real-servers.ts';

forEachPair('the databases', (pair) => {
  let servers: RealServers;
  beforeAll(async () => {
    servers = await openRealServers(pair);
  });
  afterAll(() => servers?.close());

  test('a cutover and its reversal while clients write lose and repeat no order, and reversal loss is known at any time', async () => {
    const {aurora, source, replica} = servers.databases;
    const trips = await backAndForth(servers, {
      ...{times: 1, clients: 4, orders: 100},
      onAurora: async (reverseReplication) => {
        expect(await lossOf(reverseReplication)).toEqual({
          lossless: true,
          because: [
            'db1 replicates from aurora: IO Yes, SQL Yes.',
            // Clients write meanwhile: it may be some writes behind.
            expect.stringMatching(
              /^db1 has executed (everything of aurora, up to [\w.-]+:\d+|[\w.-]+:\d+ of aurora, \d+ bytes before [\w.-]+:\d+)\.$/,
            ),
            'aurora may purge its binary logs at any time: set its binlog retention hours.',
          ],
        });
        // MySQL 9 would be busy for long with what its clients write meanwhile.
        if (source.brand !== 'mysql') {
          await expectUnproven(reverseReplication, source);
        }
        await aurora.query("CALL mysql.rds_set_configuration('binlog retention hours', 168)");
        const definition = await breakReverseReplication(aurora, source);
        const broken = await lossOf(reverseReplication);
        expect(broken.lossless).toBe(false);
        expect(broken.because).toEqual([
          'db1 replicates from aurora: IO Yes, SQL No.',
          expect.stringMatching(
            // Several workers of MySQL 9 may have stopped before it.
            new RegExp(
              `^It has stopped( at ${definition}, which db1 cannot apply)?: .*SQL errno .*(${definition}|1064|1146)`,
            ),
          ),
          expect.stringMatching(/^db1 has executed /),
          expect.stringMatching(
            /^Missing: (more than )?\d+ transactions \(.*shop\.orders.*\)(, or fewer .*)?\.$/,
          ),
          'aurora keeps its binary logs for 168 h after they were written.',
        ]);
        // Started again without a repair it runs for a moment, and reports no error.
        for (let time = 1; time <= 3; time += 1) {
          await source.query(statementsOf(source.brand).start);
          expect((await lossOf(reverseReplication)).lossless).toBe(false);
        }
        await expect.poll(async () => (await replicationOn(source))?.sql).toBe('No');
        // Before any question, the reversal says what it would lose.
        expect(await reverse(reverseReplication, {source: null})).toEqual({
          kind: 'blocked',
          reason: expect.stringMatching(
            /^Reverse replication to db1 is broken: .*Reversal would lose (more than )?\d+ transactions \(.*shop\.orders.*\)(, or fewer .*)? between .* of aurora\.$/s,
          ),
          hint: 'Repair replication on db1 until it has caught up, then reverse again; or stay on aurora.',
        });
        await repairReverseReplication({aurora, source, replica});
        await expect.poll(() => lossOf(reverseReplication)).toMatchObject({lossless: true});
      },
    });
    expect(trips).toMatchObject({lost: [], twice: [], equal: true});
    expect(trips.acknowledged).toBeGreaterThanOrEqual(300);
    await reverse(replicating(servers), {readOnly: false, source: null});
    expect(await replicationOn(aurora)).toBeNull();
  });
});

const lossOf = async (reverseReplication: Placed) => {
  const answer = await replicateBack.reversalLoss?.(lookOf(reverseReplication, true));
  if (!answer) {
    throw new Error('mysql.replicate-back reports its reversal loss');
  }
  return answer;
};

/**
 * Threads that run and execute nothing, as after broken replication was started again, are not reported as lossless.
 */
async function expectUnproven(reverseReplication: Placed, replica: LabDatabase): Promise<void> {
  const release = await holdReplication(replica);
  // What it had begun to execute when it was held goes through.
  await expect.poll(() => lossOf(reverseReplication)).toMatchObject({lossless: false});
  const held = (await lossOf(reverseReplication)).because;
  await release();
  expect(held).toEqual([
    'db1 replicates from aurora: IO Yes, SQL Yes.',
    expect.stringMatching(
      /^Both threads run, but within 2 s it did not execute mysql-bin-changelog\.\d+:\d+: check again\.$/,
    ),
    expect.stringMatching(/^db1 has executed /),
    expect.stringMatching(/^Missing: /),
    expect.stringMatching(/^aurora may purge /),
  ]);
  await expect.poll(() => lossOf(reverseReplication)).toMatchObject({lossless: true});
}

/** A statement that the old server cannot apply: of a type that it does not know, or on a table that it has not. */
async function breakReverseReplication(source: LabDatabase, replica: LabDatabase): Promise<string> {
  const isNewer = source.brand !== replica.brand;
  await source.session(async (connection) => {
    if (isNewer) {
      await connection.query('CREATE TABLE shop.modern (id UUID PRIMARY KEY)');
    } else {
      await connection.query('SET sql_log_bin = 0');
      await connection.query('CREATE TABLE shop.modern (id INT PRIMARY KEY)');
      await connection.query('SET sql_log_bin = 1');
      await connection.query('ALTER TABLE shop.modern ADD COLUMN note INT');
    }
    await connection.query('SET sql_log_bin = 0');
    await connection.query('DROP TABLE shop.modern');
  });
  while ((await replicationOn(replica))?.sql !== 'No') {
    await sleep(20);
  }
  // What clients write from now on is what would be lost.
  const orders = async () =>
    Number((await source.query('SELECT COUNT(*) AS n FROM shop.orders'))[0]?.['n']);
  const written = await orders();
  while ((await orders()) < written + 3) {
    await sleep(20);
  }
  return isNewer ? 'CREATE TABLE' : 'ALTER TABLE';
}

/** As an administrator would: skips a statement, or creates the missing table. */
async function repairReverseReplication({
  aurora,
  source,
  replica,
}: Record<'aurora' | 'source' | 'replica', LabDatabase>): Promise<void> {
  const {stop, start} = statementsOf(source.brand);
  await source.query(stop);
  if (aurora.brand !== source.brand) {
    await source.query('SET GLOBAL sql_slave_skip_counter = 1');
  } else {
    for (const server of [source, replica]) {
      await addTable(server);
    }
  }
  await source.query(start);
}

async function addTable(server: LabDatabase): Promise<void> {
  await server.session(async (connection) => {
    await connection.query('SET sql_log_bin = 0');
    if (server.brand === 'mysql') {
      await connection.query('SET GLOBAL super_read_only = OFF');
    }
    await connection.query('CREATE TABLE shop.modern (id INT PRIMARY KEY)');
    if (server.brand === 'mysql') {
      await connection.query('SET GLOBAL super_read_only = ON');
    }
  });
}
