import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterEach, expect, vi} from 'vitest';
import {homeOf} from '../../src/fleet/home.ts';
import {resumeUnit} from '../../src/fleet/orders.ts';
import {unitsIn} from '../../src/fleet/rows.ts';
import {makeAllTables} from '../../src/fleet/tables.ts';
import {takeUpLost} from '../../src/fleet/take-up.ts';
import {openDesk} from '../cli/switcharoo.ts';
import {hostOf, type LightFleet, openLightFleet} from './light-fleet.ts';
import {operator, serveLight, startLight, statusOf} from './light-runner.ts';
import {openStandbyPair, type StandbyPair} from './standby.ts';
import {test} from './with-postgres.ts';

// The primary PostgreSQL dies in the middle of a wave, and its streaming standby is promoted.

let light: LightFleet;
const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const end of ends.splice(0).reverse()) {
    await end();
  }
});

async function open(request: Parameters<typeof openStandbyPair>[0]): Promise<StandbyPair> {
  const pair = await openStandbyPair(request);
  ends.push(pair.clear);
  light = await openLightFleet({given: pair.url});
  ends.push(light.clear);
  await makeAllTables(light.database);
  return pair;
}

const unitIn = async (fleet: string, name: string) =>
  (await unitsIn(light.database.pool, fleet)).find(({unit}) => unit === name);

async function until(isSo: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await isSo())) {
    await sleep(20);
  }
}

const isFrozen = (unit: string) => existsSync(join(light.serviceFolder(unit), 'frozen'));

test('two runners move each unit once, and give up no runner before it could be heard again', async () => {
  const pair = await open({isSynchronous: true});
  const names = ['a', 'b', 'c', 'd', 'e'];
  const params = {prepareSeconds: 0.5, outageSeconds: 1};
  await startLight(light, {...light.fleetOf('sync', {w: names}, params), atOnce: {units: 3}}, 'w');
  await startLight(light, light.fleetOf('other', {w: ['far']}), 'w');
  // A runner that was heard until the primary died.
  const {pool} = light.database;
  await pool.query(
    `INSERT INTO switcharoo_fleet.runner (runner, home, host, folder, machine, pid, version, beat)
     VALUES ('r2', 'h2', 'far', '/state', 'm', 1, '0', now() - interval '5 minutes')`,
  );
  await pool.query(
    `UPDATE switcharoo_fleet.unit SET status = 'running', runner = 'r2', home = 'h2', run = 'run-2'
     WHERE unit = 'far'`,
  );
  vi.stubEnv('DATABASE_URL', pair.url);
  const desk = openDesk();
  ends.push(desk.clear);
  const second = desk.start('fleet', 'runner', '--at-once', '1');
  await second.said('begins', 'stderr');
  const stopping = new AbortController();
  const signals = {stopping: stopping.signal, aborting: new AbortController().signal};
  const lines: string[] = [];
  const served = serveLight(light, {signals, lines, atOnce: 2});
  await until(() => names.some(isFrozen));
  await pair.killPrimary();
  await until(() => lines.some((line) => line.includes('nothing new begins')));
  pair.leadTo('standby');
  await until(() => lines.some((line) => line.includes('accepts no writes')));
  await pair.promote();
  await until(() => lines.includes('PostgreSQL is back.'));
  expect(await statusOf(light, 'other')).toEqual(['far running']);
  await until(async () => {
    const statuses = await statusOf(light, 'sync').catch(() => ['none']);
    return statuses.every((status) => status.endsWith(' done'));
  });
  stopping.abort();
  second.child.kill('SIGTERM');
  await served;
  await second.ended;
  expect(names.map(light.cutovers)).toEqual(names.map(() => ['cutover']));

  const host = hostOf(light.stateFolder);
  await takeUpLost({
    ...{runner: 'r1', home: homeOf(host.state), host, database: light.database, say: () => {}},
    dispatcher: {cancel: async () => {}, statesOf: async () => []},
    ...{isUnderWay: () => false, missedSince: new Map(), heardSeconds: 61},
  });
  expect(await statusOf(light, 'other')).toEqual(['far offered']);
});

test('a standby without the last claims: what began is not begun again, and a person decides', async () => {
  const pair = await open({isSynchronous: false});
  const fleet = light.fleetOf('async', {w: ['done', 'late', 'next']}, {prepareSeconds: 1});
  await startLight(light, {...fleet, atOnce: {units: 1}}, 'w');
  await pair.detach();
  // As with an address that leads to the wrong one of both servers.
  pair.leadTo('standby');
  const lines: string[] = [];
  const served = serveLight(light, {lines});
  const isReadOnly = (line: string) =>
    line.includes('accepts no writes: cannot execute INSERT') &&
    line.includes('nothing new begins. Check whether it is a standby, or a former primary server.');
  await until(() => lines.some(isReadOnly));
  pair.leadTo('primary');
  await until(async () => (await unitIn('async', 'late'))?.phase === 'Prepare');
  const before = await unitsIn(light.database.pool, 'async');
  lines.splice(0);
  await pair.killPrimary();
  await until(() => lines.some((line) => line.includes('nothing new begins')));
  await pair.promote();
  await served;
  const after = await unitsIn(light.database.pool, 'async');
  // As after a restore: of what began, the journals know.
  expect(after.map(({unit, run, status}) => [unit, run, status])).toEqual([
    ['done', before[0]?.run, 'offered'],
    ['late', before[1]?.run, 'offered'],
    ['next', null, 'waiting'],
  ]);
  expect(after[0]?.problem?.code).toBe('fleet-run-already-done');
  for (const unit of ['done', 'late']) {
    await resumeUnit(light.database, {fleet: 'async', unit, operator});
  }
  await serveLight(light);
  expect(await statusOf(light, 'async')).toEqual(['done done', 'late done', 'next done']);
  expect(['done', 'late', 'next'].map(light.cutovers)).toEqual([1, 2, 3].map(() => ['cutover']));
});
