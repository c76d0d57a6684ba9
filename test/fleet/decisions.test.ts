import {rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, expect} from 'vitest';
import {admit} from '../../src/fleet/admission.ts';
import {holdFleet, leaveOut, releaseFleet, resumeUnit} from '../../src/fleet/orders.ts';
import {unitsIn} from '../../src/fleet/rows.ts';
import {makeTables} from '../../src/fleet/tables.ts';
import {type Claimant, claimUnit, mayBeginNow, reportEnd} from '../../src/fleet/unit-claims.ts';
import {runUnit} from '../../src/fleet/unit-run.ts';
import type {Fleet} from '../../src/model/fleet.ts';
import {reopenRun, reserveRunName} from '../../src/run/open-run.ts';
import {hostOf, type LightFleet, openLightFleet} from './light-fleet.ts';
import {operator, serveLight, startLight, statusOf as statusIn} from './light-runner.ts';
import {test} from './with-postgres.ts';

let light: LightFleet;
beforeAll(async () => {
  light = await openLightFleet();
  await makeTables(light.database);
});
afterAll(() => light?.clear());

const start = (fleet: Fleet, wave: string) => startLight(light, fleet, wave);
const serve = (atOnce = 4) => serveLight(light, {atOnce});
const statusOf = (fleet: string) => statusIn(light, fleet);

// First: the runner of these comes to its end when nothing is under way in any fleet.
test('a unit whose reversal failed half-way is reversed further when a person resumes it', async () => {
  const fleet = light.fleetOf('backwards', {w: ['turning']}, {breaks: 'switch'});
  const files = ['broken', 'stuck'].map((file) => join(light.serviceFolder('turning'), file));
  for (const file of files) {
    writeFileSync(file, '');
  }
  await start(fleet, 'w');
  await serve();
  expect(await statusOf('backwards')).toEqual(['turning offered']);
  for (const file of files) {
    rmSync(file);
  }
  await resumeUnit(light.database, {fleet: 'backwards', unit: 'turning', operator});
  await serve();
  expect(await statusOf('backwards')).toEqual(['turning failed']);
  expect(light.cutovers('turning')).toEqual([]);
});

test('a unit that a hold paused may be left out once a person has reversed its run by hand', async () => {
  await start(light.fleetOf('undone', {w: ['undoing']}, {prepareSeconds: 1}), 'w');
  const served = serve();
  const one = async () => (await unitsIn(light.database.pool, 'undone'))[0];
  while ((await one())?.phase !== 'Prepare') {
    await sleep(20);
  }
  const order = {fleet: 'undone', operator};
  await holdFleet(light.database, {...order, because: undefined});
  await served;
  const leave = () =>
    leaveOut(light.database, {...order, unit: 'undoing', because: 'it moves in May'});
  await expect(leave()).rejects.toThrow('undoing is waiting, with 1 change in place');
  const host = hostOf(light.stateFolder);
  const run = await reopenRun({run: (await one())?.run ?? '', yes: true}, host);
  expect((await run.reverse(await run.planReversal(null))).kind).toBe('reversed');
  await run.close();
  await serve();
  await leave();
  expect(await statusOf('undone')).toEqual(['undoing left-out']);
});

test('a unit that waits needs a person once another process was interrupted in its outage', async () => {
  const params = {prepareSeconds: 1, breaks: 'switch'};
  await start(light.fleetOf('by-hand', {w: ['continued']}, params), 'w');
  writeFileSync(join(light.serviceFolder('continued'), 'broken'), '');
  const served = serve();
  const one = async () => (await unitsIn(light.database.pool, 'by-hand'))[0];
  while ((await one())?.phase !== 'Prepare') {
    await sleep(20);
  }
  await holdFleet(light.database, {fleet: 'by-hand', operator, because: undefined});
  await served;
  expect(await statusOf('by-hand')).toEqual(['continued waiting']);
  const run = await reopenRun(
    {run: (await one())?.run ?? '', yes: true},
    hostOf(light.stateFolder),
  );
  expect((await run.forward(await run.plan())).kind).toBe('paused');
  await run.close();
  await serve();
  const {status, inOutage, problem: why} = (await one()) ?? {};
  expect([status, inOutage, why !== null]).toEqual(['offered', true, true]);
});

test('a runner has no more units at once than it was told, whatever another one was told', async () => {
  const units = ['one', 'two', 'three'];
  await start(light.fleetOf('alone', {w: units}, {prepareSeconds: 1}), 'w');
  let isServed = false;
  const served = serve(1).finally(() => {
    isServed = true;
  });
  let most = 0;
  while (!isServed) {
    const statuses = await statusOf('alone');
    most = Math.max(most, statuses.filter((status) => status.endsWith('running')).length);
    // As another runner with a limit of its own.
    if (most > 0) {
      await light.database.pool.query('UPDATE switcharoo_dbos.queues SET worker_concurrency = 9');
    }
    await sleep(100);
  }
  await served;
  expect(await statusOf('alone')).toEqual(units.map((unit) => `${unit} done`));
  expect(most).toBe(1);
});

/** Admits as a runner does; what DBOS would get is remembered. */
async function admitted(fleet: string): Promise<readonly string[]> {
  const errands: string[] = [];
  await admit(light.database, fleet, async (_client, {unit, attempt, home}) => {
    errands.push(`${unit} ${attempt} ${home}`);
  });
  return errands;
}

const claimants: readonly [Claimant, Claimant] = [
  {runner: 'r1', home: 'h1'},
  {runner: 'r2', home: 'h2'},
];
const [here, there] = claimants;

beforeAll(async () => {
  for (const {runner, home} of claimants) {
    await light.database.pool.query(
      `INSERT INTO switcharoo_fleet.runner (runner, home, host, folder, machine, pid, version)
       VALUES ($1, $2, 'here', '/state', 'm', 1, '0')`,
      [runner, home],
    );
  }
});

const claim = (fleet: string, unit: string, attempt = 1, claimant: Claimant = here) =>
  claimUnit(light.database, {fleet, wave: 'w', unit, attempt}, claimant, () => 'run-1');

const problem = {code: 'entry-blocked', message: 'It is blocked.', hint: 'Look.'};

test('a unit that never began begins anywhere when a person resumes it', async () => {
  await start(light.fleetOf('nailed', {w: ['a', 'b']}), 'w');
  expect(await admitted('nailed')).toEqual(['a 1 null', 'b 1 null']);
  await claim('nailed', 'a');
  await claim('nailed', 'b');
  const errand = {fleet: 'nailed', wave: 'w', attempt: 1};
  const end = {status: 'failed', problem, changes: 0, inOutage: false} as const;
  const {pool} = light.database;
  await reportEnd(pool, {...errand, unit: 'a'}, here, {...end, neverBegan: true});
  await reportEnd(pool, {...errand, unit: 'b'}, here, end);
  for (const unit of ['a', 'b']) {
    await resumeUnit(light.database, {fleet: 'nailed', operator, unit});
  }
  expect(await admitted('nailed')).toEqual(['a 2 null', 'b 2 h1']);
  expect((await claim('nailed', 'a', 2, there))?.unit).toBe('a');
});

test('a unit that was claimed begins neither in a hold nor after the failure of another one', async () => {
  await start(light.fleetOf('planned', {w: ['a', 'b']}), 'w');
  await admitted('planned');
  const claimed = await claim('planned', 'a');
  await claim('planned', 'b');
  const {database} = light;
  const errand = {fleet: 'planned', wave: 'w', unit: 'a', attempt: 1};
  const mayBegin = async (byPerson = false) =>
    claimed && mayBeginNow(database, errand, here, {...claimed, byPerson});
  expect(await mayBegin()).toBe(true);
  const order = {fleet: 'planned', operator};
  await holdFleet(database, {...order, because: undefined});
  expect(await mayBegin()).toBe(false);
  // A person resumed it, and nobody waits for it in an outage.
  expect(await mayBegin(true)).toBe(false);
  await releaseFleet(database, order);
  expect(await mayBegin()).toBe(true);
  const failed = {status: 'failed', problem, changes: 0, inOutage: false} as const;
  await reportEnd(database.pool, {...errand, unit: 'b'}, here, failed);
  expect(await mayBegin()).toBe(false);
  expect(await mayBegin(true)).toBe(true);
});

test('a hold that comes after a runner was allowed to begin a unit, and before its journal, still keeps it', async () => {
  await start(light.fleetOf('late', {w: ['late']}), 'w');
  await admitted('late');
  const errand = {fleet: 'late', wave: 'w', unit: 'late', attempt: 1};
  const run = reserveRunName();
  const claimed = await claimUnit(light.database, errand, here, () => run);
  if (!claimed) {
    throw new Error('It was not claimed.');
  }
  const host = hostOf(light.stateFolder);
  const answers: boolean[] = [];
  const never = new AbortController().signal;
  const state = await runUnit(host, {
    ...{run, work: claimed.work, unit: {name: 'late', unit: 'late'}, earlier: undefined},
    startedBy: operator,
    mayBegin: async () => {
      answers.push(await mayBeginNow(light.database, errand, here, claimed));
      await holdFleet(light.database, {fleet: 'late', operator, because: undefined});
      return answers.at(-1) === true;
    },
    mayBeginOutage: async () => undefined,
    signals: {stopping: never, aborting: never},
    sharedElsewhere: async () => undefined,
    report: () => {},
  });
  expect(answers).toEqual([true, false]);
  expect(state).toEqual({
    ...{status: 'waiting', problem: null, changes: 0, inOutage: false, neverBegan: true},
  });
  expect(host.state.runs()).not.toContain(run);
});

test('a hold takes back what was admitted; what was admitted may be left out, and no runner begins it', async () => {
  await start(light.fleetOf('early', {w: ['a', 'b']}), 'w');
  await admitted('early');
  await light.database.pool.query(
    "UPDATE switcharoo_fleet.unit SET after = '{a}' WHERE fleet = 'early' AND unit = 'b'",
  );
  const order = {fleet: 'early', operator, unit: 'a', because: 'moves in May'};
  expect(await leaveOut(light.database, order)).toEqual(['b']);
  expect(await claim('early', 'a')).toBeUndefined();
  await holdFleet(light.database, {fleet: 'early', operator, because: undefined});
  expect(await statusOf('early')).toEqual(['a left-out', 'b waiting']);
});

test('a unit that a person resumed in its outage continues while the fleet is held', async () => {
  await start(light.fleetOf('frozen', {w: ['a', 'b']}), 'w');
  await admitted('frozen');
  const end = {status: 'offered', problem, changes: 2, inOutage: true} as const;
  await claim('frozen', 'a');
  await claim('frozen', 'b');
  for (const unit of ['a', 'b']) {
    const errand = {fleet: 'frozen', wave: 'w', unit, attempt: 1};
    await reportEnd(light.database.pool, errand, here, end);
  }
  await resumeUnit(light.database, {fleet: 'frozen', operator, unit: 'a'});
  expect(await admitted('frozen')).toEqual(['a 2 h1']);
  await holdFleet(light.database, {fleet: 'frozen', operator, because: undefined});
  expect((await claim('frozen', 'a', 2))?.unit).toBe('a');
});

test('a unit that was left out is moved into a later wave, and no other one is', async () => {
  const codeOf = async (work: Promise<unknown>) =>
    work.then(
      () => 'started',
      (error) => error.problem?.code ?? error.problems?.[0]?.code ?? error,
    );
  await start(light.fleetOf('moved', {w: ['a', 'b']}), 'w');
  await admitted('moved');
  const errand = {fleet: 'moved', wave: 'w', unit: 'b', attempt: 1};
  await claim('moved', 'b');
  const end = {status: 'done', problem: null, changes: 0, inOutage: false} as const;
  await reportEnd(light.database.pool, errand, here, end);
  const again = light.fleetOf('moved', {later: ['a', 'b']});
  expect(await codeOf(start(again, 'later'))).toBe('fleet-wave-unfinished');
  await leaveOut(light.database, {fleet: 'moved', operator, unit: 'a', because: 'it changed'});
  expect(await codeOf(start(again, 'later'))).toBe('fleet-unit-started');
  await start(light.fleetOf('moved', {w: ['b'], later: ['a', 'c']}), 'later');
  const rows = await unitsIn(light.database.pool, 'moved');
  expect(rows.map(({unit, wave, status}) => `${unit} ${wave} ${status}`)).toEqual([
    'b w done',
    'a later waiting',
    'c later waiting',
  ]);
  expect(await admitted('moved')).toEqual(['a 2 null', 'c 1 null']);
});

test('limits are those of the last wave that started, and are approved with it', async () => {
  const fleet = {...light.fleetOf('limited', {w: ['a', 'b']}), atOnce: {units: 1}};
  await start(fleet, 'w');
  await start({...fleet, atOnce: {units: 50}}, 'w');
  expect(await admitted('limited')).toEqual(['a 1 null']);
});

test('a few units of a large wave are admitted at a time, so a hold and a person can still keep the others', async () => {
  const names = Array.from({length: 55}, (_, at) => `unit-${at}`);
  await start(light.fleetOf('large', {w: names}), 'w');
  expect(await admitted('large')).toHaveLength(50);
  expect(await admitted('large')).toEqual([]);
  await claim('large', 'unit-0');
  expect(await admitted('large')).toEqual(['unit-50 1 null']);
});
