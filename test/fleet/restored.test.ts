import {appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, expect, vi} from 'vitest';
import {createS3} from '../../lab/aws/s3.ts';
import {admit} from '../../src/fleet/admission.ts';
import {ForgottenRuns} from '../../src/fleet/forgotten-runs.ts';
import {homeOf} from '../../src/fleet/home.ts';
import {holdFleet, leaveOut, resumeUnit} from '../../src/fleet/orders.ts';
import {type UnitRow, unitsIn} from '../../src/fleet/rows.ts';
import type {StartedUnit} from '../../src/fleet/started-units.ts';
import {makeTables} from '../../src/fleet/tables.ts';
import {machineOf} from '../../src/fleet/take-up.ts';
import {claimUnit} from '../../src/fleet/unit-claims.ts';
import {UnitRuns} from '../../src/fleet/unit-runs.ts';
import {type Host, thisHost} from '../../src/run/host.ts';
import {openRun, reopenRun} from '../../src/run/open-run.ts';
import {flagOperator} from '../../src/run/operators.ts';
import {credentials, type Started, started, storeYaml} from '../lab/aws/started.ts';
import {hostOf, type LightFleet, openLightFleet} from './light-fleet.ts';
import {operator, serveLight, startLight, statusOf} from './light-runner.ts';
import {test} from './with-postgres.ts';

// PostgreSQL as it was before units began: it was restored from a backup, or made again. Units named "shared" have a
// store, and those named "lab" are in the lab.

const inLab = `  server:\n    kind: local\n    folder: \${LAB_FOLDER}\nlab: true\n`;

let lab: Started;
let light: LightFleet;
let other: Host;
beforeAll(async () => {
  lab = await started(createS3({buckets: {cutovers: {}}}));
  const store = storeYaml(lab);
  vi.stubEnv('STORE_SECRET', credentials.secretAccessKey);
  light = await openLightFleet({
    more: (unit) => (unit.startsWith('shared') ? store : unit.startsWith('lab') ? inLab : ''),
  });
  await makeTables(light.database);
  other = {
    ...thisHost(mkdtempSync(join(tmpdir(), 'switcharoo-other-'))),
    operator: {user: 'kim', host: 'other', pid: process.pid},
  };
});
afterAll(async () => {
  vi.unstubAllEnvs();
  rmSync(other.state.path, {recursive: true, force: true});
  await light?.clear();
  await lab?.[Symbol.asyncDispose]();
});

const query = async (text: string) => (await light.database.pool.query(text)).rows;

/** Keeps all rows, of our tables and of those of DBOS. Gives what restores them while no runner is running. */
async function backup(): Promise<() => Promise<void>> {
  const tables = await query(
    `SELECT format('%I.%I', schemaname, tablename) AS name, 'kept_' || row_number() OVER () AS kept
     FROM pg_tables WHERE schemaname IN ('switcharoo_fleet', 'switcharoo_dbos')`,
  );
  for (const {name, kept} of tables) {
    await query(`DROP TABLE IF EXISTS ${kept}; CREATE TABLE ${kept} AS TABLE ${name}`);
  }
  return async () => {
    const copies = tables.map(
      ({name, kept}) => `INSERT INTO ${name} OVERRIDING SYSTEM VALUE TABLE ${kept}`,
    );
    const all = tables.map(({name}) => name).join(', ');
    await query(
      ['SET session_replication_role = replica', `TRUNCATE ${all}`, ...copies].join('; '),
    );
    await query('RESET session_replication_role');
  };
}

const unitsOf = (fleet: string) => unitsIn(light.database.pool, fleet);
const unitIn = async (fleet: string, unit: string) => {
  const found = (await unitsOf(fleet)).find((each) => each.unit === unit);
  return found as NonNullable<typeof found>;
};

const resume = (fleet: string, unit: string) => resumeUnit(light.database, {fleet, unit, operator});

/** Runs that began, of units of one test. */
const runs = (host: Host) => host.state.runs().length;

test('after a restore, a unit that is done or under way in the journals of its runner does not begin again', async () => {
  // A runner has made the tables of DBOS before the backup.
  await startLight(light, light.fleetOf('before', {w: ['old']}), 'w');
  await serveLight(light);
  const fleet = {
    ...light.fleetOf('shops', {w: ['blog', 'shop', 'stock', 'wiki']}, {prepareSeconds: 1}),
    atOnce: {units: 3},
  };
  await startLight(light, fleet, 'w');
  const restore = await backup();
  const served = serveLight(light, {atOnce: 3});
  while ((await unitIn('shops', 'wiki')).phase !== 'Prepare') {
    await sleep(20);
  }
  await holdFleet(light.database, {fleet: 'shops', operator, because: undefined});
  await served;
  const before = await unitsOf('shops');
  expect(before.map(({unit, status, changes}) => `${unit} ${status} ${changes}`)).toEqual([
    ...['blog done 0', 'shop done 0', 'stock done 0', 'wiki waiting 1'],
  ]);
  const begun = runs(hostOf(light.stateFolder));

  await restore();
  expect((await unitsOf('shops')).map(({status, run}) => [status, run])).toEqual(
    before.map(() => ['waiting', null]),
  );
  const lines = await serveLight(light);
  const after = await unitsOf('shops');
  expect(after.map(({unit, status, changes, run}) => ({unit, status, changes, run}))).toEqual(
    before.map(({unit, changes, run}) => ({unit, status: 'offered', changes, run})),
  );
  const [blog, , , wiki] = after;
  const host = hostOf(light.stateFolder).operator.host;
  expect(blog?.problem).toMatchObject({
    code: 'fleet-run-already-done',
    message: `blog has already run light-service on ${host} with blog (${blog?.run}) and is done, but PostgreSQL has no record of that run.`,
    hint: {command: 'fleet resume blog'},
  });
  expect(wiki?.problem).toMatchObject({
    code: 'fleet-run-already-started',
    message: `wiki has already run light-service on ${host} with wiki (${wiki?.run}) and is not finished, but PostgreSQL has no record of that run.`,
  });
  expect(lines.filter((line) => line.includes('needs a person'))).toHaveLength(4);

  for (const {unit} of after) {
    await resume('shops', unit);
  }
  await serveLight(light);
  expect(await statusOf(light, 'shops')).toEqual([
    ...['blog done', 'shop done', 'stock done', 'wiki done'],
  ]);
  expect(['blog', 'shop', 'stock', 'wiki'].map(light.cutovers)).toEqual(
    [1, 2, 3, 4].map(() => ['cutover']),
  );
  expect(runs(hostOf(light.stateFolder))).toBe(begun);
});

test('a runner that is running when rows are lost does not begin a unit again either', async () => {
  await startLight(light, light.fleetOf('lost', {w: ['mail', 'slow']}, {outageSeconds: 2}), 'w');
  const {pool} = light.database;
  // Elsewhere: the runner waits for it.
  await pool.query(
    "UPDATE switcharoo_fleet.unit SET home = 'h2', status = 'running' WHERE unit = 'slow'",
  );
  const served = serveLight(light);
  while ((await unitIn('lost', 'mail')).status !== 'done') {
    await sleep(20);
  }
  const {run} = await unitIn('lost', 'mail');
  await pool.query(
    "UPDATE switcharoo_fleet.unit SET status = 'waiting', run = NULL, home = NULL, runner = NULL WHERE unit = 'mail'",
  );
  while ((await unitIn('lost', 'mail')).status !== 'offered') {
    await sleep(20);
  }
  await pool.query("UPDATE switcharoo_fleet.unit SET status = 'left-out' WHERE unit = 'slow'");
  await served;
  const mail = await unitIn('lost', 'mail');
  expect([mail.problem?.code, mail.run, light.cutovers('mail')]).toEqual([
    ...['fleet-run-already-done', run, ['cutover']],
  ]);
});

test('a unit whose run is over in its store does not begin again on another host; one under way there neither', async () => {
  const fleet = light.fleetOf('stores', {w: ['shared-shop', 'shared-mail']}, {prepareSeconds: 1});
  await startLight(light, {...fleet, atOnce: {units: 1}}, 'w');
  const restore = await backup();
  const served = serveLight(light, {host: other});
  while ((await unitIn('stores', 'shared-mail')).phase !== 'Prepare') {
    await sleep(20);
  }
  await holdFleet(light.database, {fleet: 'stores', operator, because: undefined});
  await served;
  const [shop, mail] = await unitsOf('stores');
  await restore();
  await serveLight(light);
  const offered = await unitIn('stores', 'shared-shop');
  expect([offered.status, offered.run, offered.problem?.code]).toEqual([
    ...['offered', shop?.run, 'fleet-run-already-done'],
  ]);
  await resume('stores', 'shared-shop');
  await serveLight(light);
  expect(await statusOf(light, 'stores')).toEqual(['shared-shop done', 'shared-mail offered']);
  expect((await unitIn('stores', 'shared-mail')).problem).toMatchObject({
    code: 'fleet-run-started-elsewhere',
    message: `shared-mail has already run light-service on other with shared-mail (${mail?.run}) and is not finished, but PostgreSQL has no record of that run.`,
    hint: {command: expect.stringContaining(`take-over ${mail?.run} -i `)},
  });
  expect([light.cutovers('shared-shop'), light.cutovers('shared-mail')]).toEqual([['cutover'], []]);
  // The other host may be in an outage with it.
  const order = {fleet: 'stores', unit: 'shared-mail', operator, because: 'moves in May'};
  await expect(leaveOut(light.database, order)).rejects.toThrow('only its journal says so');
});

/** A unit that PostgreSQL has never known. Gives its run, which is done. */
async function runBefore(
  host: Host,
  [name, unit, as = unit]: readonly [string, string, string?],
): Promise<string> {
  const {runbook = '', inventory = ''} = light.fleetOf(name, {w: [as]}).waves['w']?.units[as] ?? {};
  const run = await openRun({...yes, runbook, inventory, fleet: {name, unit}}, host);
  await run.forward(await run.plan());
  await run.close();
  return run.name;
}

const yes = {operator: flagOperator({yes: true, lab: false})};

async function reverseOn(host: Host, name: string): Promise<void> {
  const run = await reopenRun({...yes, run: name}, host);
  await run.reverse(await run.planReversal(null));
  await run.close();
}

const stateOf = async (fleet: string, unit: string) => {
  const {status, problem, run} = await unitIn(fleet, unit);
  return [status, problem?.code, run];
};

test('a run that another host has reversed since it was copied does not count as done', async () => {
  const run = await runBefore(other, ['reversed', 'shared-blog']);
  await startLight(light, light.fleetOf('reversed', {w: ['shared-blog']}), 'w');
  await serveLight(light);
  const offered = ['offered', 'fleet-run-already-done', run];
  expect(await stateOf('reversed', 'shared-blog')).toEqual(offered);
  await reverseOn(other, run);
  await resume('reversed', 'shared-blog');
  await serveLight(light);
  expect(await stateOf('reversed', 'shared-blog')).toEqual(['failed', 'fleet-run-reversed', run]);
  await resume('reversed', 'shared-blog');
  await serveLight(light);
  expect(await statusOf(light, 'reversed')).toEqual(['shared-blog done']);
  expect(light.cutovers('shared-blog')).toEqual(['cutover', 'reversal', 'cutover']);
});

test('a run that is done here does not count as done while its store does not answer', async () => {
  const run = await runBefore(other, ['unread', 'shared-unread']);
  await startLight(light, light.fleetOf('unread', {w: ['shared-unread']}), 'w');
  await serveLight(light);
  await resume('unread', 'shared-unread');
  lab.endpoint.faults.add({service: 's3', kind: 'deny', times: 1_000});
  await serveLight(light).finally(() => lab.endpoint.faults.clear());
  const unread = ['offered', 'fleet-run-done-unread', run];
  expect(await stateOf('unread', 'shared-unread')).toEqual(unread);
  // A runner reads its journal again, and still nobody has said that it counts.
  await serveLight(light);
  expect(await stateOf('unread', 'shared-unread')).toEqual(unread);
  await resume('unread', 'shared-unread');
  await serveLight(light);
  expect(await stateOf('unread', 'shared-unread')).toEqual(['done', undefined, run]);
  expect(light.cutovers('shared-unread')).toEqual(['cutover']);
});

test('a runner that died before it read the store again leaves a reversed run uncounted', async () => {
  const run = await runBefore(other, ['dead', 'shared-dead']);
  await startLight(light, light.fleetOf('dead', {w: ['shared-dead']}), 'w');
  await serveLight(light);
  await reverseOn(other, run);
  await resume('dead', 'shared-dead');
  await claimedByDead({fleet: 'dead', unit: 'shared-dead'});
  await serveLight(light);
  expect(await stateOf('dead', 'shared-dead')).toEqual(['failed', 'fleet-run-reversed', run]);
});

/** As a runner of this state folder that dies right after. */
async function claimedByDead(unit: {fleet: string; unit: string}): Promise<void> {
  await admit(light.database, unit.fleet, async () => {});
  const {attempt} = await unitIn(unit.fleet, unit.unit);
  const host = hostOf(light.stateFolder);
  const claimant = {runner: `dead-${unit.unit}`, home: homeOf(host.state)};
  await light.database.pool.query(
    `INSERT INTO switcharoo_fleet.runner (runner, home, host, folder, machine, pid, version)
     VALUES ($1, $2, 'here', '/state', $3, 1, '0')`,
    [claimant.runner, claimant.home, machineOf(host.state.machine)],
  );
  const runs = new ForgottenRuns(host);
  const nameRun = (row: UnitRow) => runs.nameRun({...unit}, row);
  await claimUnit(light.database, {...unit, wave: 'w', attempt}, claimant, nameRun).catch(() => {});
}

test('a unit with a run that PostgreSQL does not know needs a person although the runner that saw it died', async () => {
  const run = await runBefore(hostOf(light.stateFolder), ['died', 'crm']);
  await startLight(light, light.fleetOf('died', {w: ['crm']}), 'w');
  await claimedByDead({fleet: 'died', unit: 'crm'});
  await serveLight(light);
  expect(await stateOf('died', 'crm')).toEqual(['offered', 'fleet-run-already-done', run]);
});

test('a runner sees what other hosts began in a store since it read it', async () => {
  const {pool} = light.database;
  await startLight(light, light.fleetOf('early', {w: ['shared-early', 'far']}), 'w');
  await pool.query(
    "UPDATE switcharoo_fleet.unit SET home = 'h2', status = 'running' WHERE unit = 'far'",
  );
  const served = serveLight(light);
  while ((await unitIn('early', 'shared-early')).status !== 'done') {
    await sleep(20);
  }
  const run = await runBefore(other, ['since', 'shared-since']);
  await startLight(light, light.fleetOf('since', {w: ['shared-since']}), 'w');
  while (!['done', 'offered'].includes((await unitIn('since', 'shared-since')).status)) {
    await sleep(20);
  }
  await pool.query("UPDATE switcharoo_fleet.unit SET status = 'left-out' WHERE unit = 'far'");
  await served;
  expect(await stateOf('since', 'shared-since')).toEqual([
    ...['offered', 'fleet-run-already-done', run],
  ]);
});

test('a unit begins after a run with another inventory only when a person says so', async () => {
  const run = await runBefore(hostOf(light.stateFolder), ['trial', 'forum', 'forum-staging']);
  await startLight(light, light.fleetOf('trial', {w: ['forum']}), 'w');
  await serveLight(light);
  const {status, home, problem} = await unitIn('trial', 'forum');
  expect([status, home]).toEqual(['offered', null]);
  const host = hostOf(light.stateFolder).operator.host;
  expect(problem).toMatchObject({
    code: 'fleet-run-of-other',
    message: `forum has already run light-service on ${host} with forum-staging (${run}) and is done. Its wave has light-service with forum.`,
    hint: {command: 'fleet resume forum'},
  });
  await resume('trial', 'forum');
  await serveLight(light);
  expect(await statusOf(light, 'trial')).toEqual(['forum done']);
  expect(light.cutovers('forum')).toEqual(['cutover']);
});

test('a run of a lab that is gone is not in the way, and one of the lab that is up is', async () => {
  const host = hostOf(light.stateFolder);
  const labIs = (name: string) =>
    writeFileSync(join(host.state.path, 'lab.env'), `LAB_FOLDER=/${name}\n`);
  labIs('one');
  const run = await runBefore(host, ['labs', 'lab-shop']);
  await startLight(light, light.fleetOf('labs', {w: ['lab-shop']}), 'w');
  await serveLight(light);
  expect(await stateOf('labs', 'lab-shop')).toEqual(['offered', 'fleet-run-already-done', run]);

  labIs('two');
  rmSync(light.serviceFolder('lab-shop'), {recursive: true});
  for (const table of ['unit', 'wave', 'fleet']) {
    await query(`DELETE FROM switcharoo_fleet.${table} WHERE fleet = 'labs'`);
  }
  await startLight(light, light.fleetOf('labs', {w: ['lab-shop']}), 'w');
  await serveLight(light);
  expect(await statusOf(light, 'labs')).toEqual(['lab-shop done']);
  expect(light.cutovers('lab-shop')).toEqual(['cutover']);
});

/** Its run was reversed on this host, and PostgreSQL knows nothing of it. */
async function expectReversed(unit: string, host: Host): Promise<void> {
  const run = await runBefore(host, [unit, unit]);
  await reverseOn(host, run);
  await startLight(light, light.fleetOf(unit, {w: [unit]}), 'w');
  await serveLight(light);
  // A runner reads its journal again, and still nobody has decided.
  await serveLight(light);
  expect(await stateOf(unit, unit)).toEqual(['offered', 'fleet-run-already-reversed', run]);
  expect((await unitIn(unit, unit)).problem?.message).toBe(
    `${unit} has already run light-service on ${host.operator.host} with ${unit} (${run}) and was reversed, but PostgreSQL has no record of that run.`,
  );
  await resume(unit, unit);
  await serveLight(light);
  expect(await statusOf(light, unit)).toEqual([`${unit} done`]);
  expect(light.cutovers(unit)).toEqual(['cutover', 'reversal', 'cutover']);
}

test('after a restore, a unit whose run was reversed begins again only when a person says so', () =>
  expectReversed('turned', hostOf(light.stateFolder)));

test('after a restore, a unit whose run was reversed on another host does so neither', () =>
  expectReversed('shared-turned', other));

test('after a restore, a unit whose run failed before it changed anything waits for a person', async () => {
  const params = {breaks: 'prepare'};
  const fleet = light.fleetOf('barren', {w: ['barren']}, params);
  const {runbook = '', inventory = ''} = fleet.waves['w']?.units['barren'] ?? {};
  const broken = join(light.serviceFolder('barren'), 'broken');
  writeFileSync(broken, '');
  const host = hostOf(light.stateFolder);
  const unit = {name: 'barren', unit: 'barren'};
  const run = await openRun({...yes, runbook, inventory, params, fleet: unit}, host);
  expect((await run.forward(await run.plan())).kind).toBe('paused');
  await run.close();
  rmSync(broken);
  await startLight(light, fleet, 'w');
  await serveLight(light);
  expect(await stateOf('barren', 'barren')).toEqual([
    ...['offered', 'fleet-run-already-started', run.name],
  ]);
  await resume('barren', 'barren');
  await serveLight(light);
  expect(await stateOf('barren', 'barren')).toEqual(['done', undefined, run.name]);
});

test('a unit that was reversed and left out begins in a later wave: PostgreSQL knows its run', async () => {
  const params = {breaks: 'switch'};
  const broken = join(light.serviceFolder('later'), 'broken');
  const first = light.fleetOf('waves', {w: ['later']}, params);
  writeFileSync(broken, '');
  await startLight(light, first, 'w');
  await serveLight(light);
  rmSync(broken);
  await reverseOn(hostOf(light.stateFolder), (await unitIn('waves', 'later')).run ?? '');
  await serveLight(light);
  expect(await statusOf(light, 'waves')).toEqual(['later failed']);
  const order = {fleet: 'waves', unit: 'later', operator, because: 'moves in May'};
  await leaveOut(light.database, order);
  await startLight(light, light.fleetOf('waves', {next: ['later']}, params), 'next');
  await serveLight(light);
  expect(await statusOf(light, 'waves')).toEqual(['later done']);
});

test('a stale run of this host changes nothing of a unit that began on another one', async () => {
  await runBefore(hostOf(light.stateFolder), ['taken', 'shop2']);
  await startLight(light, light.fleetOf('taken', {w: ['shop2']}), 'w');
  await light.database.pool.query(
    "UPDATE switcharoo_fleet.unit SET home = 'h2', run = 'r2', changes = 1, status = 'failed' WHERE unit = 'shop2'",
  );
  await serveLight(light);
  const {home, changes, ...row} = await unitIn('taken', 'shop2');
  expect([row.status, row.run, home, changes]).toEqual(['failed', 'r2', 'h2', 1]);
});

test('a damaged run whose folder a person has moved away is not in the way', async () => {
  const host = hostOf(light.stateFolder);
  const run = await runBefore(host, ['attic', 'attic']);
  const [started] = light.started(light.fleetOf('attic', {w: ['attic']}), 'w');
  const runs = new UnitRuns(host);
  const forgotten = () =>
    runs.forgotten(
      {fleet: 'attic', unit: 'attic'},
      {run: null, runner: null, byPerson: false, work: (started as StartedUnit).work},
    );
  expect(forgotten()?.run.run).toBe(run);
  appendFileSync(host.state.journalOf(run), 'damage\n');
  expect(forgotten).toThrow();
  renameSync(join(host.state.path, run), join(light.folder, run));
  expect(forgotten()).toBeUndefined();
});
