import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {Client} from 'pg';
import {afterAll, beforeAll, expect} from 'vitest';
import {homeOf} from '../../src/fleet/home.ts';
import {holdFleet} from '../../src/fleet/orders.ts';
import {unitsIn} from '../../src/fleet/rows.ts';
import {makeTables} from '../../src/fleet/tables.ts';
import {takeUpLost} from '../../src/fleet/take-up.ts';
import {reopenRun} from '../../src/run/open-run.ts';
import {progressIn} from '../../src/run/past-runs.ts';
import {hostOf, type LightFleet, openLightFleet} from './light-fleet.ts';
import {operator, serveLight, startLight} from './light-runner.ts';
import {test} from './with-postgres.ts';

// What a runner that is alive says of itself, and what it does once it no longer has a unit.

let light: LightFleet;
beforeAll(async () => {
  light = await openLightFleet();
  await makeTables(light.database);
});
afterAll(() => light?.clear());

const query = (text: string, values: readonly unknown[] = []) =>
  light.database.pool.query(text, [...values]);

const unitIn = async (fleet: string) => (await unitsIn(light.database.pool, fleet))[0];

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) {
    await sleep(20);
  }
}

test('a runner whose work waits for a lock is heard of all the same', async () => {
  await startLight(light, light.fleetOf('waiting', {w: ['slow']}, {prepareSeconds: 4}), 'w');
  const served = serveLight(light);
  await until(async () => (await unitIn('waiting'))?.status === 'running');
  const other = new Client({connectionString: light.database.url});
  await other.connect();
  try {
    await other.query('BEGIN');
    await other.query("SELECT FROM switcharoo_fleet.fleet WHERE fleet = 'waiting' FOR UPDATE");
    await sleep(3_500);
    const {rows} = await query(
      'SELECT extract(epoch FROM now() - max(beat))::float AS silent FROM switcharoo_fleet.runner',
    );
    expect(rows[0].silent).toBeLessThan(2.5);
    await other.query('COMMIT');
  } finally {
    await other.end();
  }
  await served;
  expect((await unitIn('waiting'))?.status).toBe('done');
});

test('a runner that lost a unit while it was stopped says so, stops its run, and writes nothing of it', async () => {
  await startLight(light, light.fleetOf('lost', {w: ['taken']}, {prepareSeconds: 3}), 'w');
  const lines: string[] = [];
  const served = serveLight(light, {lines});
  await until(async () => (await unitIn('lost'))?.phase === 'Prepare');
  const {run} = (await unitIn('lost')) ?? {};
  // As "fleet take-over --journal-lost" while this process was stopped.
  await query(
    `UPDATE switcharoo_fleet.unit SET status = 'failed', runner = NULL, home = NULL, run = NULL,
       attempt = attempt + 1 WHERE fleet = 'lost'`,
  );
  await served;
  expect(lines.filter((line) => line.includes('taken')).slice(1)).toEqual([
    'This runner no longer has taken: a person or another runner took it over. Its run here stops at the next safe place.',
  ]);
  const unit = await unitIn('lost');
  expect([unit?.status, unit?.attempt, unit?.run]).toEqual(['failed', 2, null]);
  expect(light.cutovers('taken')).toEqual([]);
  expect(progressIn(hostOf(light.stateFolder), run ?? '').problem?.message).toBe(
    'The run was stopped by its runner, which no longer has the unit, and is paused between two actions.',
  );
});

test('what DBOS hands out again, cancels or recovers is done once', async () => {
  await startLight(light, light.fleetOf('again', {w: ['once']}, {prepareSeconds: 2}), 'w');
  const served = serveLight(light);
  await until(async () => (await unitIn('again'))?.phase === 'Prepare');
  const errand = "switcharoo_dbos.workflow_status WHERE workflow_uuid = 'again/w/once/1'";
  const status = async () => (await query(`SELECT status FROM ${errand}`)).rows[0].status;
  const handOut = async () => {
    // As DBOS does when it recovers what an executor had that is dead.
    await query(
      `UPDATE switcharoo_dbos.workflow_status SET status = 'ENQUEUED', executor_id = NULL,
         started_at_epoch_ms = NULL, queue_name = 'switcharoo-anywhere'
       WHERE workflow_uuid = 'again/w/once/1'`,
    );
    await until(async () => (await status()) !== 'ENQUEUED');
  };
  await handOut();
  await query(
    "UPDATE switcharoo_dbos.workflow_status SET status = 'CANCELLED' WHERE workflow_uuid = 'again/w/once/1'",
  );
  await handOut();
  await served;
  // Another executor, which never saw it.
  await startLight(light, light.fleetOf('later', {w: ['other']}, {prepareSeconds: 2}), 'w');
  const servedLater = serveLight(light);
  await until(async () => (await unitIn('later'))?.phase === 'Prepare');
  await handOut();
  await servedLater;
  const unit = await unitIn('again');
  expect([unit?.status, unit?.attempt, light.cutovers('once')]).toEqual(['done', 1, ['cutover']]);
  const {state} = hostOf(light.stateFolder);
  const begun = state.runs().filter((run) => run === unit?.run);
  const {rows} = await query("SELECT run FROM switcharoo_fleet.unit WHERE fleet <> 'lost'");
  expect(begun).toHaveLength(1);
  // The run that was given up, and one for each unit.
  expect(state.runs()).toHaveLength(rows.length + 1);
});

test('a unit whose run is locked by another process is not taken from its runner, which may only be cut off', async () => {
  const params = {prepareSeconds: 1, outageSeconds: 3};
  await startLight(light, light.fleetOf('volume', {w: ['both']}, params), 'w');
  const served = serveLight(light);
  await until(async () => (await unitIn('volume'))?.phase === 'Prepare');
  await holdFleet(light.database, {fleet: 'volume', operator, because: undefined});
  await served;
  const host = hostOf(light.stateFolder);
  const home = homeOf(host.state);
  // As a runner on another machine with the same folder, which PostgreSQL does not hear.
  await query(
    `INSERT INTO switcharoo_fleet.runner (runner, home, host, folder, machine, pid, version, beat)
     VALUES ('cut-off', $1, 'far', '/state', 'm', 1, '0', now() - interval '1 hour')`,
    [home],
  );
  await query(
    "UPDATE switcharoo_fleet.unit SET status = 'running', runner = 'cut-off' WHERE fleet = 'volume'",
  );
  const dispatcher = {cancel: async () => {}, statesOf: async () => []};
  const work = {isUnderWay: () => false, missedSince: new Map(), heardSeconds: 61, say: () => {}};
  const takeUp = () =>
    takeUpLost({runner: 'near', home, host, database: light.database, dispatcher, ...work});
  const run = await reopenRun({run: (await unitIn('volume'))?.run ?? '', yes: true}, host);
  const ended = run.forward(await run.plan());
  await until(async () => existsSync(join(light.serviceFolder('both'), 'frozen')));
  await takeUp();
  const {status, problem} = (await unitIn('volume')) ?? {};
  const isStillIts = status === 'running' || problem?.code === 'fleet-runner-silent';
  expect([status, isStillIts]).toEqual([status, true]);
  await ended;
  await run.close();
  await takeUp();
  expect((await unitIn('volume'))?.status).toBe('done');
});
