import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {holdReplication} from '../../../lab/mysql/faults.ts';
import type {LabDatabase} from '../../../lab/mysql/server.ts';
import {statementsOf} from '../../../lab/mysql/statements.ts';
import {replicateBack} from '../../../steps/mysql/replicate-back.ts';
import {forEachPair} from '../../lab/mysql/for-each-kind.ts';
import {backAndForth, replicating} from './back-and-forth.ts';
import {openRealServers, type RealServers, replicationOn} from './real-servers.ts';
import {lookOf, type Placed, reverse} from './walk.ts';

forEachPair('the databases', (pair) => {
  let servers: RealServers;
  beforeAll(async () => {
    servers = await openRealServers(pair);
  });
  afterAll(() => servers?.close());

  test('from the source to Aurora and all the way back, while clients write: none lost, none twice, and the way back is known at any time', async () => {
    const {aurora, source, replica} = servers.databases;
    const danced = await backAndForth(servers, {
      ...{times: 1, clients: 4, orders: 100},
      onAurora: async (wayBack) => {
        expect(await said(wayBack)).toEqual({
          lossless: true,
          because: [
            'db1 follows aurora: IO Yes, SQL Yes.',
            expect.stringMatching(
              /^db1 has executed mysql-bin-changelog\.\d+:\d+ of aurora, \d+ bytes before mysql-bin-changelog\.\d+:\d+\.$/,
            ),
            'aurora may purge a binary log as soon as it likes: set its binlog retention hours.',
          ],
        });
        // MySQL 9 would be busy for long with what its clients write meanwhile.
        if (source.brand !== 'mysql') {
          await saysNothingUnproven(wayBack, source);
        }
        await aurora.query("CALL mysql.rds_set_configuration('binlog retention hours', 168)");
        const definition = await breakTheWayBack(aurora, source);
        const broken = await said(wayBack);
        expect(broken.lossless).toBe(false);
        expect(broken.because).toEqual([
          'db1 follows aurora: IO Yes, SQL No.',
          expect.stringMatching(
            // Several workers of MySQL 9 may have stopped before it.
            new RegExp(
              `^It has stopped( at ${definition}, which db1 cannot apply)?: .*SQL errno .*(${definition}|1064|1146)`,
            ),
          ),
          expect.stringMatching(/^db1 has executed /),
          expect.stringMatching(
            /^What is missing: (more than )?\d+ transactions \(.*shop\.orders.*\)(, or fewer .*)?\.$/,
          ),
          'aurora keeps its binary logs for 168 h, counted from when they were written.',
        ]);
        // Started again without being mended it runs for a moment, and has forgotten its error.
        for (let time = 1; time <= 3; time += 1) {
          await source.query(statementsOf(source.brand).start);
          expect((await said(wayBack)).lossless).toBe(false);
        }
        await expect
          .poll(async () => (await replicationOn(source))?.sql, {timeout: 20_000})
          .toBe('No');
        // Before anybody is asked, the way back says what it would lose.
        expect(await reverse(wayBack, {source: null})).toEqual({
          kind: 'blocked',
          reason: expect.stringMatching(
            /^The way back to db1 is broken: .*Going back would lose (more than )?\d+ transactions \(.*shop\.orders.*\)(, or fewer .*)? between .* of aurora\.$/s,
          ),
          hint: 'Repair replication on db1 until it has caught up, then reverse again; or stay where you are.',
        });
        await mendTheWayBack({aurora, source, replica});
        await expect.poll(() => said(wayBack), {timeout: 20_000}).toMatchObject({lossless: true});
      },
    });
    expect(danced).toMatchObject({lost: [], twice: [], equal: true});
    expect(danced.acknowledged).toBeGreaterThanOrEqual(300);
    await reverse(replicating(servers), {readOnly: false, source: null});
    expect(await replicationOn(aurora)).toBeNull();
  });
});

const said = async (wayBack: Placed) => {
  const answer = await replicateBack.reversalLoss?.(lookOf(wayBack, true));
  if (!answer) {
    throw new Error('mysql.replicate-back knows its way back');
  }
  return answer;
};

/** Threads that run and execute nothing, as after a failed replication was started again: nothing is claimed of it. */
async function saysNothingUnproven(wayBack: Placed, replica: LabDatabase): Promise<void> {
  const release = await holdReplication(replica);
  // What it had begun to execute when it was held goes through.
  await expect.poll(() => said(wayBack), {timeout: 20_000}).toMatchObject({lossless: false});
  const held = (await said(wayBack)).because;
  await release();
  expect(held).toEqual([
    'db1 follows aurora: IO Yes, SQL Yes.',
    expect.stringMatching(
      /^Both threads run, but within 2 s it has not executed mysql-bin-changelog\.\d+:\d+, so it is not proven that it can: look again\.$/,
    ),
    expect.stringMatching(/^db1 has executed /),
    expect.stringMatching(/^What is missing: /),
    expect.stringMatching(/^aurora may purge /),
  ]);
  await expect.poll(() => said(wayBack), {timeout: 20_000}).toMatchObject({lossless: true});
}

/** A statement that the old server cannot apply: of a type that it does not know, or on a table that it has not. */
async function breakTheWayBack(source: LabDatabase, replica: LabDatabase): Promise<string> {
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

/** As an administrator would: passes over a statement that nobody needs, or gives the server the table that is missing. */
async function mendTheWayBack({
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
