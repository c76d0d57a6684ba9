import {cpSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, expect, vi} from 'vitest';
import {createS3} from '../../lab/aws/s3.ts';
import {takeOverUnit} from '../../src/cli/actions/fleet-take-over.ts';
import {openApp} from '../../src/cli/app.ts';
import {homeOf} from '../../src/fleet/home.ts';
import {holdFleet, releaseFleet, resumeUnit} from '../../src/fleet/orders.ts';
import {unitsIn} from '../../src/fleet/rows.ts';
import {makeTables} from '../../src/fleet/tables.ts';
import {lossInFleet} from '../../src/fleet/unit-hints.ts';
import {sharedLogLostAlone} from '../../src/journal/problems.ts';
import {problemsIn} from '../../src/model/problem.ts';
import {type Host, thisHost} from '../../src/run/host.ts';
import {openRun, reserveRunName} from '../../src/run/open-run.ts';
import {credentials, type Started, started, storeYaml} from '../lab/aws/started.ts';
import {type LightFleet, openLightFleet} from './light-fleet.ts';
import {operator, serveLight, startLight, statusOf} from './light-runner.ts';
import {test} from './with-postgres.ts';

// Two hosts, each with a state folder; the first one is lost. Units named "alone" have no store.

let lab: Started;
let light: LightFleet;
let first: Host;
let second: Host;
beforeAll(async () => {
  lab = await started(createS3({buckets: {cutovers: {}}}));
  const store = storeYaml(lab);
  vi.stubEnv('STORE_SECRET', credentials.secretAccessKey);
  light = await openLightFleet({more: (unit) => (unit.startsWith('alone') ? '' : store)});
  vi.stubEnv('DATABASE_URL', light.database.url);
  await makeTables(light.database);
  [first, second] = ['first', 'second'].map((host) => ({
    ...thisHost(mkdtempSync(join(tmpdir(), `switcharoo-${host}-`))),
    operator: {user: 'kim', host, pid: process.pid},
  })) as [Host, Host];
});
afterAll(async () => {
  vi.unstubAllEnvs();
  for (const {state} of [first, second]) {
    rmSync(state.path, {recursive: true, force: true});
  }
  await light?.clear();
  await lab?.[Symbol.asyncDispose]();
});

/** Another one may come in its place: it has another home. */
const loseFirst = () => rmSync(first.state.path, {recursive: true});

const unitIn = async (fleet: string) => {
  const [unit] = await unitsIn(light.database.pool, fleet);
  return unit as NonNullable<typeof unit>;
};

/** As `fleet take-over` on the second host: what it printed, or the codes of its problems. */
async function takeOver(
  unit: string,
  fleet: string,
  {
    name,
    journalLost,
    now = false,
  }: {readonly name?: string; readonly journalLost?: string; readonly now?: boolean} = {},
): Promise<readonly string[]> {
  const lines: string[] = [];
  const say = (text: string) => lines.push(text);
  const app = {...openApp({stateDir: second.state.path, json: false}), ...second};
  const printing = {...app, terminal: false, print: () => {}, say, waiting: () => {}};
  return takeOverUnit(printing, unit, {fleet, now, name, journalLost}).then(
    () => lines,
    (error) => problemsIn(error).map(({code}) => code),
  );
}

/** The first host takes it, and dies: its row is what a runner left. */
async function die(fleet: string, run: string, beat = '-infinity'): Promise<void> {
  const {pool} = light.database;
  await pool.query(
    `INSERT INTO switcharoo_fleet.runner (runner, home, host, folder, machine, pid, version, beat)
     VALUES ($1, 'h1', 'first', '/state', 'm', 1, '0', $2)`,
    [`runner of ${fleet}`, beat],
  );
  await pool.query(
    `UPDATE switcharoo_fleet.unit SET status = 'running', run = $2, home = 'h1', attempt = 1,
       runner = $3 WHERE fleet = $1`,
    [fleet, run, `runner of ${fleet}`],
  );
}

test('a unit whose host is lost before its outage is taken over with its run, and continues on another host', async () => {
  await startLight(light, light.fleetOf('lost', {w: ['shop']}, {prepareSeconds: 1}), 'w');
  const served = serveLight(light, {host: first});
  while ((await unitIn('lost')).phase !== 'Prepare') {
    await sleep(20);
  }
  await holdFleet(light.database, {fleet: 'lost', operator, because: undefined});
  await served;
  const {run} = await unitIn('lost');
  loseFirst();
  expect(await takeOver('shop', 'lost')).toContain('confirmation-mismatch');
  expect((await takeOver('shop', 'lost', {name: run ?? ''})).at(-3)).toBe(
    `${run} is here now. shop continues with a runner with the state folder ${second.state.path}.`,
  );
  await releaseFleet(light.database, {fleet: 'lost', operator});
  await serveLight(light, {host: second});
  const unit = await unitIn('lost');
  expect([unit.status, unit.run, light.cutovers('shop')]).toEqual(['done', run, ['cutover']]);
});

test('of a run that a host lost after it acted alone, the hint is to take its unit over there', () => {
  const lost = sharedLogLostAlone({run: 'run-1'}, 's3://cutovers', 7, 'kim@second');
  expect(lost.hint).toMatchObject({command: 'take-over run-1 -i INVENTORY'});
  expect(lossInFleet(lost, 'shop')).toEqual({
    ...lost,
    hint: {...Object(lost.hint), command: 'fleet take-over shop'},
  });
});

test('a unit whose host is lost half-way through a reversal waits for a person on the new host', async () => {
  await startLight(light, light.fleetOf('frozen', {w: ['stock']}, {breaks: 'switch'}), 'w');
  const files = ['broken', 'stuck'].map((file) => join(light.serviceFolder('stock'), file));
  for (const file of files) {
    writeFileSync(file, '');
  }
  await serveLight(light, {host: first});
  const {run} = await unitIn('frozen');
  loseFirst();
  const said = await takeOver('stock', 'frozen', {name: run ?? ''});
  expect(said.join('\n')).toContain(`${run} is here now and waits for your decision.`);
  const taken = await unitIn('frozen');
  expect([taken.status, taken.inOutage, taken.attempt]).toEqual(['offered', true, 2]);
  for (const file of files) {
    rmSync(file);
  }
  await resumeUnit(light.database, {fleet: 'frozen', unit: 'stock', operator});
  await serveLight(light, {host: second});
  const unit = await unitIn('frozen');
  expect([unit.status, unit.problem?.code]).toEqual(['failed', 'fleet-run-reversed']);
});

test('a unit that is not in its store never began: another host begins it, and the first one never can', async () => {
  await startLight(light, light.fleetOf('early', {w: ['blog']}), 'w');
  const run = reserveRunName();
  await die('early', run, 'now');
  expect(await takeOver('blog', 'early')).toEqual(['fleet-runner-answers']);
  await light.database.pool.query("UPDATE switcharoo_fleet.runner SET beat = '-infinity'");
  expect((await takeOver('blog', 'early'))[0]).toMatch(/is not in .*, so it never began/);
  await serveLight(light, {host: second});
  const unit = await unitIn('early');
  expect([unit.status, unit.run]).toEqual(['done', run]);
  rmSync(join(light.serviceFolder('blog'), 'prepared'));
  // The first host was only stopped, in the moment before it began.
  const {runbook, inventory, params = {}} = unit.work;
  const late = await openRun({runbook, inventory, params, name: run, yes: true}, first);
  const ended = late.plan().then((plan) => late.forward(plan));
  await expect(ended).rejects.toMatchObject({problem: {code: 'lock-lost'}});
  await late.close();
  expect(light.cutovers('blog')).toEqual(['cutover']);
});

test('a unit without a store continues on another host that has a copy of the state folder', async () => {
  const copy = {...second, state: thisHost(mkdtempSync(join(tmpdir(), 'switcharoo-copy-'))).state};
  await startLight(light, light.fleetOf('copied', {w: ['alone-too']}, {prepareSeconds: 1}), 'w');
  const served = serveLight(light, {host: first});
  while ((await unitIn('copied')).phase !== 'Prepare') {
    await sleep(20);
  }
  await holdFleet(light.database, {fleet: 'copied', operator, because: undefined});
  await served;
  const {run} = await unitIn('copied');
  cpSync(first.state.path, copy.state.path, {recursive: true});
  loseFirst();
  await releaseFleet(light.database, {fleet: 'copied', operator});
  await serveLight(light, {host: copy});
  rmSync(copy.state.path, {recursive: true});
  const unit = await unitIn('copied');
  expect([unit.status, unit.run, light.cutovers('alone-too')]).toEqual(['done', run, ['cutover']]);
});

test('a run whose journal was on the lost host alone is given up only by a person who names it', async () => {
  await startLight(light, light.fleetOf('unshared', {w: ['alone']}), 'w');
  const run = reserveRunName();
  await die('unshared', run);
  expect(await takeOver('alone', 'unshared')).toEqual(['fleet-journal-not-shared']);
  const journalLost = 'the disk of first is destroyed';
  expect(await takeOver('alone', 'unshared', {journalLost})).toEqual(['confirmation-mismatch']);
  await takeOver('alone', 'unshared', {journalLost, name: run});
  const given = await unitIn('unshared');
  expect([given.status, given.problem?.code]).toEqual(['failed', 'fleet-journal-lost']);
  await resumeUnit(light.database, {fleet: 'unshared', unit: 'alone', operator});
  await serveLight(light, {host: second});
  expect(await statusOf(light, 'unshared')).toEqual(['alone done']);
  expect(light.cutovers('alone')).toEqual(['cutover']);
});

test('a run that began and is not in its store is given up only by a person who names it', async () => {
  await startLight(light, light.fleetOf('deleted', {w: ['wiki']}), 'w');
  const run = reserveRunName();
  await die('deleted', run);
  const journalLost = 'somebody emptied the bucket';
  const giveUp = () => takeOver('wiki', 'deleted', {journalLost, name: run});
  expect(await giveUp()).toEqual(['fleet-journal-is-shared']);
  const reported = "UPDATE switcharoo_fleet.unit SET phase = 'Prepare' WHERE fleet = 'deleted'";
  await light.database.pool.query(reported);
  expect(await takeOver('wiki', 'deleted')).toEqual(['fleet-journal-not-in-store']);
  await giveUp();
  const given = await unitIn('deleted');
  expect([given.status, given.problem?.code]).toEqual(['failed', 'fleet-journal-lost']);
});

test('a runner that was taken for dead says what became of the run that it lost, and what to do', async () => {
  await startLight(light, light.fleetOf('alive', {w: ['kept']}, {prepareSeconds: 4}), 'w');
  const lines: string[] = [];
  const stopping = new AbortController();
  const signals = {stopping: stopping.signal, aborting: new AbortController().signal};
  const served = serveLight(light, {host: first, lines, signals});
  while ((await unitIn('alive')).phase !== 'Prepare') {
    await sleep(20);
  }
  const {run} = await unitIn('alive');
  let said: readonly string[] = ['fleet-runner-answers'];
  while (said[0] === 'fleet-runner-answers') {
    // As if it had not been heard for long.
    await light.database.pool.query("UPDATE switcharoo_fleet.runner SET beat = '-infinity'");
    said = await takeOver('kept', 'alive', {name: run ?? '', now: true});
  }
  const isLoss = (line: string) => line.startsWith('kept: ') && line.includes(' took ');
  while (!lines.some(isLoss)) {
    await sleep(20);
  }
  // The unit waits for a runner of the second host.
  stopping.abort();
  await served;
  expect(lines.find(isLoss)).toMatch(
    new RegExp(
      `^kept: (needs a person: )?\\S+ took ${run} over: entry \\d+ in \\S+ is from another process\\. This process lost the run and has stopped\\. .*: switcharoo status ${run} --shared INVENTORY$`,
    ),
  );
  expect((await unitIn('alive')).home).toBe(homeOf(second.state));
});
