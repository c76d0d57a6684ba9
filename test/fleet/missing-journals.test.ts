import {appendFileSync, existsSync, renameSync, rmSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, expect, vi} from 'vitest';
import {takeOverUnit} from '../../src/cli/actions/fleet-take-over.ts';
import {openApp} from '../../src/cli/app.ts';
import {homeOf} from '../../src/fleet/home.ts';
import {holdFleet, leaveOut, releaseFleet, resumeUnit} from '../../src/fleet/orders.ts';
import {unitsIn} from '../../src/fleet/rows.ts';
import {makeTables} from '../../src/fleet/tables.ts';
import {machineOf} from '../../src/fleet/take-up.ts';
import {problemsIn} from '../../src/model/problem.ts';
import {reserveRunName} from '../../src/run/open-run.ts';
import {hostOf, type LightFleet, openLightFleet} from './light-fleet.ts';
import {operator, serveLight, startLight} from './light-runner.ts';
import {test} from './with-postgres.ts';

// A state folder without the journal of a run that began in it, as one that was restored from last night's backup.

let light: LightFleet;
beforeAll(async () => {
  light = await openLightFleet();
  await makeTables(light.database);
  vi.stubEnv('DATABASE_URL', light.database.url);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await light?.clear();
});

const query = (text: string, values: readonly unknown[] = []) =>
  light.database.pool.query(text, [...values]);

const unitIn = async (fleet: string) => {
  const [unit] = await unitsIn(light.database.pool, fleet);
  return unit as NonNullable<typeof unit>;
};

/** Until this fleet is idle. */
async function serve(fleet: string): Promise<void> {
  await query('DELETE FROM switcharoo_fleet.unit WHERE fleet <> $1', [fleet]);
  await serveLight(light);
}

/** A runner of this folder took the unit and died. */
async function die(fleet: string, reported: string): Promise<string> {
  const {state} = hostOf(light.stateFolder);
  const run = reserveRunName();
  await query(
    `INSERT INTO switcharoo_fleet.runner
       (runner, home, host, folder, machine, pid, start_ticks, version)
     VALUES ($1, $2, 'here', $3, $4, $5, 1, '0')`,
    [`runner of ${fleet}`, homeOf(state), state.path, machineOf(state.machine), process.pid],
  );
  await query(
    `UPDATE switcharoo_fleet.unit SET status = 'running', run = $2, home = $3, attempt = 1,
       runner = $4, ${reported} WHERE fleet = $1`,
    [fleet, run, homeOf(state), `runner of ${fleet}`],
  );
  return run;
}

test('a unit whose runner died in its outage waits for a person where its journal is missing', async () => {
  await startLight(light, light.fleetOf('restored', {w: ['shop']}), 'w');
  const run = await die('restored', "phase = 'Cut over', changes = 2, outage_since = now()");
  await serve('restored');
  const {status, problem, changes, inOutage, run: named} = await unitIn('restored');
  expect([status, problem?.code, changes, inOutage, named]).toEqual([
    ...['offered', 'fleet-journal-missing', 2, true, run],
  ]);
  expect(problem?.message).toContain(light.stateFolder);
  expect(light.cutovers('shop')).toEqual([]);
});

test('a unit that waited before its outage does not begin again where its journal is missing', async () => {
  const params = {prepareSeconds: 1};
  await startLight(light, light.fleetOf('waited', {w: ['stock']}, params), 'w');
  const served = serve('waited');
  while ((await unitIn('waited')).phase !== 'Prepare') {
    await sleep(20);
  }
  await holdFleet(light.database, {fleet: 'waited', operator, because: undefined});
  await served;
  const {run} = await unitIn('waited');
  rmSync(dirname(hostOf(light.stateFolder).state.journalOf(run ?? '')), {recursive: true});
  await releaseFleet(light.database, {fleet: 'waited', operator});
  await serve('waited');
  const unit = await unitIn('waited');
  expect([unit.status, unit.problem?.code, unit.changes, unit.run]).toEqual([
    ...['offered', 'fleet-journal-missing', 1, run],
  ]);
  expect(light.cutovers('stock')).toEqual([]);
});

test('a unit that a runner took and had not begun begins in another process', async () => {
  await startLight(light, light.fleetOf('unbegun', {w: ['wiki']}), 'w');
  const run = await die('unbegun', 'phase = NULL');
  await serve('unbegun');
  const unit = await unitIn('unbegun');
  expect([unit.status, unit.run, light.cutovers('wiki')]).toEqual(['done', run, ['cutover']]);
});

/** As `fleet take-over` from this state folder: what it printed, or its problem. */
async function takeOver(fleet: string, unit: string, journalLost?: string, name?: string) {
  const lines: string[] = [];
  const opened = openApp({stateDir: light.stateFolder, json: false});
  const say = (text: string) => lines.push(text);
  const app = {...opened, terminal: false, print: () => {}, say, waiting: () => {}};
  return takeOverUnit(app, unit, {fleet, now: false, name, journalLost}).then(
    () => ({lines, problem: undefined}),
    (error) => ({lines, problem: problemsIn(error)[0]}),
  );
}

test.each([
  ['missing', 'fleet-journal-missing'],
  ['damaged', 'journal-damaged'],
])(
  'a unit whose journal is %s in its own folder is given up by a person, and begins again',
  async (how, code) => {
    const unit = `unit-${how}`;
    await startLight(light, light.fleetOf(how, {w: [unit]}, {prepareSeconds: 1}), 'w');
    const served = serve(how);
    while ((await unitIn(how)).phase !== 'Prepare') {
      await sleep(20);
    }
    await holdFleet(light.database, {fleet: how, operator, because: undefined});
    await served;
    const run = (await unitIn(how)).run ?? '';
    const journal = hostOf(light.stateFolder).state.journalOf(run);
    const aside = join(light.folder, run);
    if (how === 'missing') {
      renameSync(dirname(journal), aside);
    } else {
      appendFileSync(journal, 'no entry\n{}\n');
    }
    await releaseFleet(light.database, {fleet: how, operator});
    await serve(how);
    const lost = await unitIn(how);
    const command = `fleet take-over ${unit} --journal-lost REASON`;
    expect(lost).toMatchObject({status: 'offered', problem: {code, hint: {command}}});
    const order = {fleet: how, operator, unit};
    await expect(leaveOut(light.database, {...order, because: 'x'})).rejects.toMatchObject({
      problem: {code: 'fleet-unit-not-decidable', hint: {command}},
    });
    expect((await takeOver(how, unit)).problem).toMatchObject({code, hint: {command}});
    const because = 'nothing of it is in place';
    expect((await takeOver(how, unit, because)).problem?.code).toBe('confirmation-mismatch');
    const {lines, problem} = await takeOver(how, unit, because, run);
    expect(problem).toBeUndefined();
    expect(lines.join('\n').includes(`move ${dirname(journal)} out`)).toBe(how === 'damaged');
    if (existsSync(journal)) {
      renameSync(dirname(journal), aside);
    }
    rmSync(join(light.serviceFolder(unit), 'prepared'));
    await resumeUnit(light.database, order);
    await serve(how);
    const done = await unitIn(how);
    expect([done.status, done.run === run, light.cutovers(unit)]).toEqual([
      ...['done', false, ['cutover']],
    ]);
  },
);
