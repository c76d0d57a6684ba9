import {existsSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {Client} from 'pg';
import {afterAll, beforeAll, expect} from 'vitest';
import {homeOf} from '../../src/fleet/home.ts';
import {unitsIn} from '../../src/fleet/rows.ts';
import {makeTables} from '../../src/fleet/tables.ts';
import type {StopSignals} from '../../src/run/host.ts';
import {reserveRunName} from '../../src/run/open-run.ts';
import {progressIn} from '../../src/run/past-runs.ts';
import {hostOf, type LightFleet, openLightFleet} from './light-fleet.ts';
import {serveLight, startLight} from './light-runner.ts';
import {test} from './with-postgres.ts';

// What a runner does when it is told to stop, and when PostgreSQL, DBOS or a journal is not as it should be.

let light: LightFleet;
beforeAll(async () => {
  light = await openLightFleet();
  await makeTables(light.database);
});
afterAll(() => light?.clear());

const query = (text: string, values: readonly unknown[] = []) =>
  light.database.pool.query(text, [...values]);

const start = (name: string, units: readonly string[], params = {}) =>
  startLight(light, light.fleetOf(name, {w: units}, params), 'w');

const unitIn = async (fleet: string, name: string) =>
  (await unitsIn(light.database.pool, fleet)).find(({unit}) => unit === name);

async function until(isSo: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await isSo())) {
    await sleep(20);
  }
}

const never = new AbortController().signal;
/** Until this fleet is idle: the units of the tests before are none of its work. */
async function serve(
  fleet: string,
  lines: string[] = [],
  signals: StopSignals = {stopping: never, aborting: never},
): Promise<void> {
  await query('DELETE FROM switcharoo_fleet.unit WHERE fleet <> $1', [fleet]);
  await serveLight(light, {lines, signals});
}

test('a runner that is told to stop leaves what is in the queue to others', async () => {
  await start('leaving', ['last', 'next'], {outageSeconds: 4});
  await query("UPDATE switcharoo_fleet.unit SET home = 'h2' WHERE unit = 'next'");
  const stopping = new AbortController();
  const served = serve('leaving', [], {stopping: stopping.signal, aborting: never});
  const isFrozen = () => existsSync(join(light.serviceFolder('last'), 'frozen'));
  await until(isFrozen);
  // Written while it runs: nobody leaves it out if its runner is never heard of again.
  await until(async () => ((await unitIn('leaving', 'last'))?.changes ?? 0) > 0);
  stopping.abort();
  await sleep(300);
  const next = "WHERE workflow_uuid = 'leaving/w/next/1'";
  const table = 'switcharoo_dbos.workflow_status';
  await query(`UPDATE ${table} SET queue_name = 'switcharoo-anywhere' ${next}`);
  await sleep(1_500);
  expect((await query(`SELECT status FROM ${table} ${next}`)).rows).toEqual([{status: 'ENQUEUED'}]);
  expect((await unitIn('leaving', 'last'))?.status).toBe('running');
  await served;
  expect((await unitIn('leaving', 'last'))?.status).toBe('done');
});

test('an errand that DBOS took for this process and never handed over is admitted again', async () => {
  await start('handed', ['over'], {prepareSeconds: 1});
  await query("UPDATE switcharoo_fleet.unit SET home = 'h2' WHERE unit = 'over'");
  const lines: string[] = [];
  const served = serve('handed', lines);
  await until(async () => (await unitIn('handed', 'over'))?.status === 'admitted');
  // As after the COMMIT of DBOS whose answer was lost.
  await query(
    `UPDATE switcharoo_dbos.workflow_status SET status = 'PENDING',
       executor_id = (SELECT runner FROM switcharoo_fleet.runner ORDER BY beat DESC LIMIT 1)
     WHERE workflow_uuid = 'handed/w/over/1'`,
  );
  await query("UPDATE switcharoo_fleet.unit SET home = NULL WHERE unit = 'over'");
  await served;
  const unit = await unitIn('handed', 'over');
  expect([unit?.status, unit?.attempt]).toEqual(['done', 2]);
});

test('an errand that another release has left in the queue is admitted again', async () => {
  await start('upgraded', ['left']);
  await query("UPDATE switcharoo_fleet.unit SET home = 'h2' WHERE unit = 'left'");
  const served = serve('upgraded');
  await until(async () => (await unitIn('upgraded', 'left'))?.status === 'admitted');
  await query(
    `UPDATE switcharoo_dbos.workflow_status SET application_version = 'switcharoo-fleet-0',
       queue_name = 'switcharoo-anywhere' WHERE workflow_uuid = 'upgraded/w/left/1'`,
  );
  await query(
    `UPDATE switcharoo_fleet.unit SET home = NULL, changed_at = now() - interval '40 seconds'
     WHERE unit = 'left'`,
  );
  await served;
  const unit = await unitIn('upgraded', 'left');
  expect([unit?.status, unit?.attempt]).toEqual(['done', 2]);
});

test('a unit whose journal is damaged is offered with what is wrong, and is not tried again', async () => {
  await start('damaged', ['torn']);
  const host = hostOf(light.stateFolder);
  const run = reserveRunName();
  mkdirSync(dirname(host.state.journalOf(run)), {recursive: true});
  writeFileSync(host.state.journalOf(run), 'no journal\n');
  await query("UPDATE switcharoo_fleet.unit SET run = $1, home = $2 WHERE fleet = 'damaged'", [
    ...[run, homeOf(host.state)],
  ]);
  await serve('damaged');
  const unit = await unitIn('damaged', 'torn');
  expect([unit?.status, unit?.problem?.code, unit?.attempt]).toEqual([
    'offered',
    'journal-damaged',
    1,
  ]);
  expect(light.cutovers('torn')).toEqual([]);
  // Nothing begins beside a damaged journal.
  rmSync(dirname(host.state.journalOf(run)), {recursive: true});
});

test('a run that was reserved and never began keeps its name, and one that has no entry does not', async () => {
  await start('reserved', ['kept', 'empty']);
  const host = hostOf(light.stateFolder);
  const [kept, empty] = [reserveRunName(), reserveRunName()];
  mkdirSync(dirname(host.state.journalOf(empty)), {recursive: true});
  writeFileSync(host.state.journalOf(empty), '');
  for (const [unit, run] of [
    ['kept', kept],
    ['empty', empty],
  ]) {
    await query('UPDATE switcharoo_fleet.unit SET run = $1, home = $2 WHERE unit = $3', [
      ...[run, homeOf(host.state), unit],
    ]);
  }
  await serve('reserved');
  const units = await unitsIn(light.database.pool, 'reserved');
  expect(units.map(({unit, status}) => `${unit} ${status}`)).toEqual(['kept done', 'empty done']);
  expect(units[0]?.run).toBe(kept);
  expect(units[1]?.run).not.toBe(empty);
});

test('a runner that is told to stop while it waits for an answer begins no outage', async () => {
  await start('ending', ['late'], {prepareSeconds: 5});
  const stopping = new AbortController();
  const lines: string[] = [];
  const served = serve('ending', lines, {stopping: stopping.signal, aborting: never});
  await until(() => existsSync(join(light.serviceFolder('late'), 'prepared')));
  const other = new Client({connectionString: light.database.url});
  await other.connect();
  try {
    await other.query('BEGIN');
    await other.query("SELECT FROM switcharoo_fleet.fleet WHERE fleet = 'ending' FOR UPDATE");
    const waiting = `SELECT FROM pg_stat_activity
      WHERE wait_event_type = 'Lock' AND query LIKE '%fleet WHERE fleet = $1 FOR SHARE%'`;
    await until(async () => (await query(waiting)).rowCount === 1);
    stopping.abort();
    await other.query('COMMIT');
  } finally {
    await other.end();
  }
  await served;
  const unit = await unitIn('ending', 'late');
  expect([unit?.inOutage, lines.at(-1)]).toEqual([false, 'late: waiting']);
  // It may have been queued once more, for the next runner.
  expect(['waiting', 'admitted']).toContain(unit?.status);
  expect(existsSync(join(light.serviceFolder('late'), 'frozen'))).toBe(false);
});

test('a runner goes on while PostgreSQL accepts no writes, as after a failover', async () => {
  await start('demoted', ['through'], {prepareSeconds: 3});
  const lines: string[] = [];
  const served = serve('demoted', lines);
  await until(() => existsSync(join(light.serviceFolder('through'), 'prepared')));
  const setReadOnly = async (isOn: boolean) => {
    await query(`ALTER SYSTEM SET default_transaction_read_only = ${isOn ? 'on' : 'off'}`);
    await query('SELECT pg_reload_conf()');
  };
  await setReadOnly(true);
  await until(() => lines.some((line) => line.includes('accepts no writes')));
  await setReadOnly(false);
  await served;
  expect(lines).toContain('PostgreSQL is back.');
  expect((await unitIn('demoted', 'through'))?.status).toBe('done');
  expect(light.cutovers('through')).toEqual(['cutover']);
});

test('a runner says why the PostgreSQL of its state folder cannot be started again, once', async () => {
  await start('unstarted', ['apart'], {prepareSeconds: 3});
  const lines: string[] = [];
  const served = serve('unstarted', lines);
  await until(() => existsSync(join(light.serviceFolder('apart'), 'prepared')));
  // As after an upgrade of the machine, which has removed the programs of the older version.
  const file = join(light.stateFolder, 'fleet-postgres', 'data', 'PG_VERSION');
  const version = readFileSync(file, 'utf8');
  writeFileSync(file, '1\n');
  process.kill(light.serverPid(), 'SIGKILL');
  const isSaid = (line: string) => line.includes('which is not installed here');
  await until(() => lines.some(isSaid));
  await sleep(1_500);
  writeFileSync(file, version);
  await served;
  expect(lines.filter(isSaid)).toEqual([
    'The data of this fleet was made by PostgreSQL 1, which is not installed here. Install PostgreSQL 1. Another PostgreSQL (DATABASE_URL) knows nothing of this fleet: its waves must be started again.',
  ]);
  expect(lines).toContain('PostgreSQL is back.');
  expect((await unitIn('unstarted', 'apart'))?.status).toBe('done');
});

test('a runner that is told twice to stop ends while PostgreSQL is away; the next one reports what it did', async () => {
  await start('away', ['ended'], {outageSeconds: 3});
  const [stopping, aborting] = [new AbortController(), new AbortController()];
  const lines: string[] = [];
  const served = serve('away', lines, {stopping: stopping.signal, aborting: aborting.signal});
  await until(() => existsSync(join(light.serviceFolder('ended'), 'frozen')));
  const setReadOnly = async (isOn: boolean) => {
    await query(`ALTER SYSTEM SET default_transaction_read_only = ${isOn ? 'on' : 'off'}`);
    await query('SELECT pg_reload_conf()');
  };
  await setReadOnly(true);
  const {run} = (await unitIn('away', 'ended')) ?? {};
  const host = hostOf(light.stateFolder);
  await until(() => progressIn(host, run ?? '').outcome === 'done');
  stopping.abort();
  aborting.abort();
  await served;
  await setReadOnly(false);
  expect(lines).toContain(
    'ended: its state was not reported to PostgreSQL. To report it, start a runner with this state folder again: fleet runner',
  );
  expect((await unitIn('away', 'ended'))?.status).toBe('running');
  // That process is gone.
  await query('UPDATE switcharoo_fleet.runner SET start_ticks = 1');
  await serve('away');
  expect((await unitIn('away', 'ended'))?.status).toBe('done');
  expect(light.cutovers('ended')).toEqual(['cutover']);
});
