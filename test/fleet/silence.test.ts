import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, expect, vi} from 'vitest';
import {holdWholeFleet} from '../../src/cli/actions/fleet-orders.ts';
import {openApp} from '../../src/cli/app.ts';
import {admit} from '../../src/fleet/admission.ts';
import {heardNetworks} from '../../src/fleet/networks.ts';
import {resumeUnit} from '../../src/fleet/orders.ts';
import {fleetNamed, fleetStatus} from '../../src/fleet/status.ts';
import {makeTables} from '../../src/fleet/tables.ts';
import {type Claimant, claimUnit, reportPhase} from '../../src/fleet/unit-claims.ts';
import {problemsIn} from '../../src/model/problem.ts';
import {fleetStatusText} from '../../src/report/index.ts';
import {type LightFleet, openLightFleet} from './light-fleet.ts';
import {operator, startLight} from './light-runner.ts';
import {test} from './with-postgres.ts';

// The only runner died in an outage, and nobody has found it yet: the rows are what it left.

let light: LightFleet;
const here: Claimant = {runner: 'r1', home: 'h1'};
beforeAll(async () => {
  light = await openLightFleet();
  await makeTables(light.database);
  vi.stubEnv('DATABASE_URL', light.database.url);
  await query(
    `INSERT INTO switcharoo_fleet.runner (runner, home, host, folder, machine, pid, version)
     VALUES ('r1', 'h1', 'far', '/state', 'm', 1, '0')`,
  );
  await startLight(light, light.fleetOf('shops', {w: ['shop']}), 'w');
  await admit(light.database, 'shops', async () => {});
  const errand = {fleet: 'shops', wave: 'w', unit: 'shop', attempt: 1};
  await claimUnit(light.database, errand, here, () => 'run-1');
  const now = {phase: 'Cut over', inOutage: true, changes: 2};
  await reportPhase(light.database.pool, errand, here, now);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await light?.clear();
});

const query = (text: string, values: readonly unknown[] = []) =>
  light.database.pool.query(text, [...values]);

async function shown(): Promise<string> {
  const app = openApp({stateDir: light.stateFolder, json: false});
  return fleetStatusText(await fleetStatus(light.database, 'shops'), {...app, width: 400});
}

async function held(): Promise<string> {
  const lines: string[] = [];
  const opened = openApp({stateDir: light.stateFolder, json: false});
  const app = {...opened, say: (text: string) => lines.push(text), waiting: () => {}};
  await holdWholeFleet(app, {fleet: 'shops', because: undefined});
  return lines.join('\n');
}

const resumed = () =>
  resumeUnit(light.database, {fleet: 'shops', operator, unit: 'shop'}).then(
    () => undefined,
    (error) => problemsIn(error)[0],
  );

test('a unit in an outage whose runner answers is under way', async () => {
  await query("UPDATE switcharoo_fleet.runner SET beat = now() WHERE runner = 'r1'");
  expect(await shown()).not.toContain('Its runner');
  expect(await held()).toContain('In an outage, and continuing to the end: shop.');
  expect((await resumed())?.message).toBe(
    'shop is under way, in its outage, with 2 changes in place, and cannot be resumed.',
  );
});

test('a unit in an outage whose runner does not answer is said to stand still, and where', async () => {
  await query("UPDATE switcharoo_fleet.runner SET beat = '2026-03-01 03:04:05Z'");
  // While PostgreSQL was away nobody could be heard.
  const isOld = async () =>
    (await query("SELECT now() - pg_postmaster_start_time() > '16 s' AS old")).rows[0].old;
  while (!(await isOld())) {
    await sleep(200);
  }
  const silence = 'Its runner on far has not answered since 2026-03-01 03:04:05 UTC.';
  const next = 'Start a runner on far with --state-dir /state.';
  const status = await shown();
  expect(status).toContain('Its journal is on far, in /state.');
  for (const text of [status, await held()]) {
    expect(text).toContain(silence);
    expect(text).toContain(next);
    expect(text).toContain('fleet take-over shop');
    expect(text).not.toContain('continuing to the end');
  }
  const problem = await resumed();
  expect(problem?.message).toContain(`cannot be resumed. ${silence}`);
  expect(problem?.hint).toMatchObject({command: 'fleet take-over shop'});
});

test('a second hold says who holds the fleet already, since when and why', async () => {
  await query(
    "UPDATE switcharoo_fleet.fleet SET held_at = '2026-03-01 03:00:00Z', held_because = 'a storm'",
  );
  expect(await held()).toMatch(
    /^shops was already held by .* since 2026-03-01 03:00:00 UTC: a storm\. No unit and no outage begins anywhere\./,
  );
});

test('tables of a later release are not read', async () => {
  await query('UPDATE switcharoo_fleet.version SET version = version + 1');
  const read = fleetNamed(light.database, 'shops');
  await expect(read).rejects.toMatchObject({problem: {code: 'fleet-tables-newer'}});
  await query('UPDATE switcharoo_fleet.version SET version = version - 1');
});

test('a start knows whether a runner is heard', async () => {
  await query('UPDATE switcharoo_fleet.runner SET beat = now()');
  expect([...(await heardNetworks(light.database))]).toEqual([null]);
  await query("UPDATE switcharoo_fleet.runner SET beat = now() - interval '20 s'");
  expect([...(await heardNetworks(light.database))]).toEqual([]);
});

test('a runner that ended and left a unit is said to have ended', async () => {
  await query("UPDATE switcharoo_fleet.runner SET beat = '-infinity'");
  expect(await shown()).toContain('Its runner on far has ended.');
});
