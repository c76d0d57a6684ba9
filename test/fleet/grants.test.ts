import {afterAll, beforeAll, expect} from 'vitest';
import {approveWave} from '../../src/fleet/approvals.ts';
import {type FleetDatabase, openDatabase} from '../../src/fleet/database.ts';
import {fleetGrants} from '../../src/fleet/grants.ts';
import {holdFleet, leaveOut, releaseFleet, startWave} from '../../src/fleet/orders.ts';
import {fleetReport} from '../../src/fleet/report.ts';
import {unitsIn} from '../../src/fleet/rows.ts';
import {serveFleet} from '../../src/fleet/runner.ts';
import {makeAllTables, makeTables} from '../../src/fleet/tables.ts';
import {unitElsewhere} from '../../src/fleet/unit-take-over.ts';
import {hostOf, type LightFleet, openLightFleet} from './light-fleet.ts';
import {test} from './with-postgres.ts';

let light: LightFleet;
const databases: FleetDatabase[] = [];

/** PostgreSQL as a login that is a member of one role. */
async function as(login: string): Promise<FleetDatabase> {
  const url = new URL(light.database.url);
  url.username = login;
  url.password = 'p';
  const database = await openDatabase(light.stateFolder, url.href);
  databases.push(database);
  return database;
}

const statementsOf = (role: string): readonly string[] =>
  fleetGrants
    .filter((grants) => grants.role.endsWith(role))
    .flatMap(({statements}) => statements)
    .map((statement) => statement.replace(':"DBNAME"', 'current_database'));

beforeAll(async () => {
  light = await openLightFleet();
  const {pool} = light.database;
  const {rows} = await pool.query('SELECT current_database() AS name');
  for (const statement of statementsOf('owner')) {
    await pool.query(statement.replace('current_database', `"${rows[0].name}"`));
  }
  for (const role of ['owner', 'runner', 'operator', 'approver', 'reader']) {
    await pool.query(`CREATE ROLE the_${role} LOGIN PASSWORD 'p' IN ROLE switcharoo_fleet_${role}`);
  }
  const owner = await as('the_owner');
  await makeAllTables(owner);
  for (const role of ['runner', 'operator', 'approver', 'reader']) {
    for (const statement of statementsOf(role)) {
      await owner.pool.query(statement);
    }
  }
});
afterAll(async () => {
  await Promise.all(databases.map((database) => database.close()));
  await light?.clear();
});

const refused = (work: Promise<unknown>) => expect(work).rejects.toThrow(/permission denied/);

test('with the printed grants each role does its work, and nobody can write who approved what', async () => {
  const [operator, approver, runner, reader] = await Promise.all(
    ['the_operator', 'the_approver', 'the_runner', 'the_reader'].map(as),
  );
  if (!operator || !approver || !runner || !reader) {
    throw new Error('a role is missing');
  }
  const approve = {by: ['the_approver'], of: 1};
  const plain = light.fleetOf('shops', {pilot: ['blog', 'shop', 'wiki']});
  const [pilot = {units: {}}] = Object.values(plain.waves);
  const fleet = {...plain, waves: {pilot: {...pilot, approve}}};
  const units = light.started(fleet, 'pilot');
  const order = {fleet: 'shops', operator: 'kim@here'};

  await makeTables(operator);
  await startWave(operator, {...order, fleet, wave: 'pilot', digest: 'd1', units});
  await refused(startWave(reader, {...order, fleet, wave: 'pilot', digest: 'd1', units}));
  await leaveOut(operator, {...order, unit: 'wiki', because: 'not yet'});
  await holdFleet(operator, {...order, because: 'lunch'});
  await refused(releaseFleet(approver, order));
  await releaseFleet(operator, order);

  const shop = {...order, unit: 'shop'};
  const place = "UPDATE switcharoo_fleet.unit SET home = $1, run = $2 WHERE unit = 'shop'";
  await light.database.pool.query(place, ['h1', 'run-1']);
  expect((await unitElsewhere(operator, shop, 'h2'))?.run).toBe('run-1');
  // As with the grants of an earlier release. Nothing of the run is taken over by then.
  const ofTakeOver =
    statementsOf('operator').find((each) => each.includes('(runner, attempt')) ?? '';
  const revoked = ofTakeOver.replace('GRANT', 'REVOKE').replace(' TO ', ' FROM ');
  await light.database.pool.query(revoked);
  await refused(unitElsewhere(operator, shop, 'h2'));
  await light.database.pool.query(ofTakeOver);
  // It may write the unit, and not who did it.
  await refused(unitElsewhere(runner, shop, 'h2'));
  await light.database.pool.query(place, [null, null]);

  await refused(
    operator.pool.query(
      "INSERT INTO switcharoo_fleet.approval (fleet, wave, digest) VALUES ('shops', 'pilot', 'd1')",
    ),
  );
  await refused(
    approver.pool.query(
      "INSERT INTO switcharoo_fleet.approval (fleet, wave, digest, role) VALUES ('shops', 'pilot', 'd1', 'kim')",
    ),
  );
  await refused(runner.pool.query("UPDATE switcharoo_fleet.wave SET started_role = 'nobody'"));
  await refused(runner.pool.query('UPDATE switcharoo_fleet.fleet SET held_by = NULL'));
  await refused(operator.pool.query("UPDATE switcharoo_fleet.event SET role = 'kim'"));
  await approveWave(approver, {...order, wave: 'pilot'});

  const never = new AbortController().signal;
  await serveFleet({
    ...{host: hostOf(light.stateFolder), database: runner, atOnce: 2, untilIdle: true},
    networks: [],
    ...{signals: {stopping: never, aborting: never}, say: () => {}},
  });
  const rows = await unitsIn(reader.pool, 'shops');
  expect(rows.map(({unit, status}) => `${unit} ${status}`)).toEqual([
    ...['blog done', 'shop done', 'wiki left-out'],
  ]);
  const {events, figures} = await fleetReport(hostOf(light.stateFolder), reader, 'shops');
  expect(events.map(({role, what, unit, wave}) => [role, what, unit ?? wave])).toEqual([
    ['the_operator', 'started', 'pilot'],
    ['the_operator', 'left out', 'wiki'],
    ['the_operator', 'held', null],
    ['the_operator', 'released', null],
    ['the_approver', 'approved', 'pilot'],
  ]);
  expect(Object.values(figures)).toHaveLength(2);
});
