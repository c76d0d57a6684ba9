import {afterAll, beforeAll, expect} from 'vitest';
import {approveFleetWave} from '../../src/cli/actions/fleet-orders.ts';
import {openApp} from '../../src/cli/app.ts';
import {admit} from '../../src/fleet/admission.ts';
import {Claims} from '../../src/fleet/claimed-units.ts';
import {runnerSilent} from '../../src/fleet/engine-problems.ts';
import {leaveOut, resumeUnit} from '../../src/fleet/orders.ts';
import {unitsIn} from '../../src/fleet/rows.ts';
import {fleetStatus} from '../../src/fleet/status.ts';
import {makeTables} from '../../src/fleet/tables.ts';
import {
  type Claimant,
  claimOutage,
  claimUnit,
  reportEnd,
  reportPhase,
} from '../../src/fleet/unit-claims.ts';
import {beginAnywhere, giveUpJournal, unitElsewhere} from '../../src/fleet/unit-take-over.ts';
import {problemsIn} from '../../src/model/problem.ts';
import {fleetStatusText} from '../../src/report/index.ts';
import {type LightFleet, openLightFleet} from './light-fleet.ts';
import {operator, startLight, statusOf as statusIn} from './light-runner.ts';
import {test} from './with-postgres.ts';

// What a person may order about a unit whose runner is silent, or was: the rows are what such a runner left.

let light: LightFleet;
const here: Claimant = {runner: 'r1', home: 'h1'};
beforeAll(async () => {
  light = await openLightFleet({
    more: (unit) => (unit.startsWith('guarded') ? 'protected: true\n' : ''),
  });
  await makeTables(light.database);
  await query(
    `INSERT INTO switcharoo_fleet.runner (runner, home, host, folder, machine, pid, version)
     VALUES ('r1', 'h1', 'far', '/state', 'm', 1, '0')`,
  );
});
afterAll(() => light?.clear());

const query = (text: string, values: readonly unknown[] = []) =>
  light.database.pool.query(text, [...values]);

const statusOf = (fleet: string) => statusIn(light, fleet);
const unitIn = async (fleet: string, name = 'a') =>
  (await unitsIn(light.database.pool, fleet)).find(({unit}) => unit === name);

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'nothing was thrown',
    (error) => problemsIn(error)[0]?.code,
  );

const errandOf = (fleet: string, unit = 'a') => ({fleet, wave: 'w', unit, attempt: 1});

/** A wave of these units, which the runner has. */
async function claimed(fleet: string, units: readonly string[] = ['a']): Promise<void> {
  await startLight(light, light.fleetOf(fleet, {w: units}), 'w');
  await admit(light.database, fleet, async () => {});
  for (const unit of units) {
    await claimUnit(light.database, errandOf(fleet, unit), here, () => `run-of-${unit}`);
  }
}

/** As another runner writes it after a minute. */
const giveToPerson = (fleet: string) =>
  query("UPDATE switcharoo_fleet.unit SET status = 'offered', problem = $2 WHERE fleet = $1", [
    fleet,
    JSON.stringify(runnerSilent('a', 'far', '/state')),
  ]);

const beatNow = () => query("UPDATE switcharoo_fleet.runner SET beat = now() WHERE runner = 'r1'");

test("a unit whose runner is silent is still that runner's, and under way again when it answers", async () => {
  await claimed('quiet', ['a', 'b']);
  await giveToPerson('quiet');
  const order = {fleet: 'quiet', operator, unit: 'a'};
  const undecidable = 'fleet-unit-not-decidable';
  expect(await codeOf(resumeUnit(light.database, order))).toBe(undecidable);
  const because = 'it moves in May';
  expect(await codeOf(leaveOut(light.database, {...order, because}))).toBe(undecidable);
  const app = openApp({stateDir: light.stateFolder, json: false});
  const text = fleetStatusText(await fleetStatus(light.database, 'quiet'), {...app, width: 200});
  expect(text).toContain('fleet take-over a');
  expect(text).not.toContain('fleet resume');
  // It answers, and nobody takes its unit.
  await beatNow();
  expect(await codeOf(unitElsewhere(light.database, order, 'h2'))).toBe('fleet-runner-answers');
  const claims = new Claims(light.database, here);
  const {lost} = claims.add(errandOf('quiet'));
  expect([await claims.leaveLost(), lost.aborted]).toEqual([[], false]);
  // Of b it knows nothing.
  expect(await statusOf('quiet')).toEqual(['a running', 'b offered']);
  expect((await unitIn('quiet'))?.problem).toBeNull();
});

const waiting = {status: 'waiting', problem: null, changes: 0, inOutage: false} as const;

/** As `fleet take-over` sees it from another state folder, and then does. */
async function beginElsewhere(fleet: string): Promise<void> {
  const order = {fleet, operator, unit: 'a'};
  const unit = await unitElsewhere(light.database, order, 'h2');
  if (!unit) {
    throw new Error('It is not elsewhere.');
  }
  await beginAnywhere(light.database, order, unit, 's3://cutovers');
}

test('a unit that never began waits for its wave on another host, unless a person resumed it', async () => {
  await claimed('unbegun');
  await reportEnd(light.database.pool, errandOf('unbegun'), here, waiting);
  await beginElsewhere('unbegun');
  const {status, home, byPerson} = (await unitIn('unbegun')) ?? {};
  expect([status, home, byPerson]).toEqual(['waiting', null, false]);

  await claimed('resumed');
  const problem = {code: 'entry-blocked', message: 'It is blocked.', hint: 'Look.'};
  const failed = {...waiting, status: 'failed', problem} as const;
  await reportEnd(light.database.pool, errandOf('resumed'), here, failed);
  await resumeUnit(light.database, {fleet: 'resumed', operator, unit: 'a'});
  await beginElsewhere('resumed');
  expect((await unitIn('resumed'))?.byPerson).toBe(true);
});

test('a unit whose runner reported that it began does not begin elsewhere because its run is not in the store', async () => {
  await claimed('reported');
  const errand = errandOf('reported');
  const {pool} = light.database;
  await reportPhase(pool, errand, here, {phase: 'Prepare', inOutage: false, changes: 1});
  await reportEnd(pool, errand, here, {...waiting, changes: 1});
  await expect(beginElsewhere('reported')).rejects.toMatchObject({
    problem: {
      code: 'fleet-journal-not-in-store',
      message:
        'run-of-a is not in s3://cutovers, but its runner reported that it began: Prepare, with 1 change in place. Nothing was changed.',
    },
  });
  expect((await unitIn('reported'))?.home).toBe('h1');
});

test('a journal is not given up while a runner with its state folder answers, whatever its unit waits for', async () => {
  await claimed('kept');
  const problem = {code: 'entry-blocked', message: 'It is blocked.', hint: 'Look.'};
  const end = {...waiting, status: 'offered', problem, changes: 1} as const;
  await reportEnd(light.database.pool, errandOf('kept'), here, end);
  const order = {fleet: 'kept', operator, unit: 'a'};
  const unit = await unitElsewhere(light.database, order, 'h2');
  if (!unit) {
    throw new Error('It is not elsewhere.');
  }
  await beatNow();
  const giveUp = () => codeOf(giveUpJournal(light.database, order, unit, 'the disk is destroyed'));
  expect(await giveUp()).toBe('fleet-runner-answers');
  expect(await statusOf('kept')).toEqual(['a offered']);
});

test('a unit whose run another host continues is not left out', async () => {
  await claimed('continued');
  const problem = {code: 'run-continued-elsewhere', message: 'It is elsewhere.', hint: 'Look.'};
  const end = {...waiting, status: 'failed', problem} as const;
  await reportEnd(light.database.pool, errandOf('continued'), here, end);
  const order = {fleet: 'continued', operator, unit: 'a', because: 'it moves in May'};
  expect(await codeOf(leaveOut(light.database, order))).toBe('fleet-unit-not-decidable');
});

test('a wave with a protected inventory is not approved in the PostgreSQL of a state folder, however it started', async () => {
  const lines: string[] = [];
  const opened = openApp({stateDir: light.stateFolder, json: false});
  const app = {...opened, say: (text: string) => lines.push(text), waiting: () => {}};
  const approve = async (fleet: string, unit: string) => {
    const plain = light.fleetOf(fleet, {w: [unit]});
    const [w = {units: {}}] = Object.values(plain.waves);
    const started = {...plain, waves: {w: {...w, approve: {by: ['kim'], of: 1}}}};
    await startLight(light, started, 'w');
    return codeOf(approveFleetWave(app, 'w', {fleet, as: 'kim'}));
  };
  expect(await approve('secured', 'guarded')).toBe('fleet-approval-unproven');
  expect(await approve('open', 'plain')).toBe('nothing was thrown');
  expect(lines).toContain('You approved w as kim.');
  await query(
    `UPDATE switcharoo_fleet.unit SET work = jsonb_set(work, '{digests,inventory}', '"other"')
     WHERE fleet = 'open'`,
  );
  expect(await codeOf(approveFleetWave(app, 'w', {fleet: 'open', as: 'kim'}))).toBe(
    'fleet-approval-unproven',
  );
});

test('what a person ordered lasts until the attempt ends, and a paused unit can be resumed again behind a stop', async () => {
  await claimed('ordered', ['a', 'b']);
  const {pool} = light.database;
  const problem = {code: 'entry-blocked', message: 'It is blocked.', hint: 'Look.'};
  await reportEnd(pool, errandOf('ordered', 'b'), here, {...waiting, status: 'failed', problem});
  await reportPhase(pool, errandOf('ordered'), here, {
    phase: 'Prepare',
    inOutage: false,
    changes: 1,
  });
  const pause = (attempt: number) =>
    reportEnd(pool, {...errandOf('ordered'), attempt}, here, {...waiting, changes: 1});
  await pause(1);
  expect(await admit(light.database, 'ordered', async () => {})).toEqual([]);
  for (const attempt of [2, 3]) {
    await resumeUnit(light.database, {fleet: 'ordered', operator, unit: 'a'});
    expect(await admit(light.database, 'ordered', async () => {})).toEqual(['a']);
    const errand = {...errandOf('ordered'), attempt};
    // The second time, as after a COMMIT whose answer was lost.
    for (const _ of [1, 2]) {
      const row = await claimUnit(light.database, errand, here, ({run}) => run ?? '');
      expect([row?.byPerson, row?.phase]).toEqual([true, 'Prepare']);
    }
    expect(await claimOutage(light.database, errand, here)).toBeUndefined();
    await pause(attempt);
    expect((await unitIn('ordered'))?.byPerson).toBe(false);
  }
});

test('a unit that has not begun is not resumed past a stop of its wave', async () => {
  await startLight(light, light.fleetOf('fresh', {w: ['a']}), 'w');
  const order = {fleet: 'fresh', operator, unit: 'a'};
  expect(await codeOf(resumeUnit(light.database, order))).toBe('fleet-unit-not-decidable');
});
