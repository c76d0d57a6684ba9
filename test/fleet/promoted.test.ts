import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, expect, vi} from 'vitest';
import {type FleetDatabase, openDatabase} from '../../src/fleet/database.ts';
import {homeOf} from '../../src/fleet/home.ts';
import {unitsIn} from '../../src/fleet/rows.ts';
import {makeTables} from '../../src/fleet/tables.ts';
import {takeUpLost} from '../../src/fleet/take-up.ts';
import {hostOf, type LightFleet, openLightFleet} from './light-fleet.ts';
import {serveLight, startLight} from './light-runner.ts';
import {test} from './with-postgres.ts';

// A standby that was promoted: its server started long ago, and nobody was heard while the primary was down.

vi.setConfig({testTimeout: 60_000});

let light: LightFleet;
let promoted: FleetDatabase;
beforeAll(async () => {
  light = await openLightFleet();
  await makeTables(light.database);
  const {pool} = light.database;
  await pool.query(`CREATE SCHEMA standby;
    CREATE FUNCTION standby.pg_postmaster_start_time() RETURNS timestamptz LANGUAGE sql
      AS $$ SELECT now() - interval '1 day' $$;
    ALTER ROLE switcharoo SET search_path = standby, pg_catalog, public`);
  promoted = await openDatabase('', light.database.url);
});
afterAll(async () => {
  await promoted?.close();
  await light?.clear();
});

test('the first runner that a promoted standby hears gives up no other one before those could be heard', async () => {
  const {pool} = promoted;
  await startLight(light, light.fleetOf('failover', {w: ['near', 'far']}), 'w');
  await pool.query(
    `INSERT INTO switcharoo_fleet.runner (runner, home, host, folder, machine, pid, version, beat)
     VALUES ('r2', 'h2', 'far', '/state', 'm', 1, '0', now() - interval '5 minutes')`,
  );
  await pool.query(
    `UPDATE switcharoo_fleet.unit SET status = 'running', runner = 'r2', home = 'h2', run = 'run-2'
     WHERE unit = 'far'`,
  );
  const statuses = async () => (await unitsIn(pool, 'failover')).map(({status}) => status);
  const stopping = new AbortController();
  const signals = {stopping: stopping.signal, aborting: new AbortController().signal};
  const served = serveLight({...light, database: promoted}, {signals});
  while ((await statuses())[0] !== 'done' && (await statuses())[1] === 'running') {
    await sleep(20);
  }
  stopping.abort();
  await served;
  expect(await statuses()).toEqual(['done', 'running']);

  const host = hostOf(light.stateFolder);
  await takeUpLost({
    ...{runner: 'r1', home: homeOf(host.state), host, database: promoted, say: () => {}},
    dispatcher: {cancel: async () => {}, statesOf: async () => []},
    ...{isUnderWay: () => false, missedSince: new Map(), heardSeconds: 61},
  });
  expect(await statuses()).toEqual(['done', 'offered']);
});
