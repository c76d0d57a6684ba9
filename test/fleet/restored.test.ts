import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, expect, vi} from 'vitest';
import {createS3} from '../../lab/aws/s3.ts';
import {holdFleet, resumeUnit} from '../../src/fleet/orders.ts';
import {unitsIn} from '../../src/fleet/rows.ts';
import {makeTables} from '../../src/fleet/tables.ts';
import {type Host, thisHost} from '../../src/run/host.ts';
import {credentials, type Started, started} from '../lab/aws/started.ts';
import {hostOf, type LightFleet, openLightFleet} from './light-fleet.ts';
import {operator, serveLight, startLight, statusOf} from './light-runner.ts';
import {test} from './with-postgres.ts';

// PostgreSQL as it was before units began: it was restored from a backup, or made again. Units named "shared" have a
// store.

vi.setConfig({testTimeout: 60_000});

let lab: Started;
let light: LightFleet;
let other: Host;
beforeAll(async () => {
  lab = await started(createS3({buckets: {cutovers: {}}}));
  const store = `  journals:
    kind: s3-store
    bucket: cutovers
    region: us-east-1
    endpoint: ${lab.endpoint.url}
    credentials: {accessKeyId: ${credentials.accessKeyId}, secretAccessKey: {env: STORE_SECRET}}
store: journals
`;
  vi.stubEnv('STORE_SECRET', credentials.secretAccessKey);
  light = await openLightFleet({more: (unit) => (unit.startsWith('shared') ? store : '')});
  await makeTables(light.database);
  other = {
    ...thisHost(mkdtempSync(join(tmpdir(), 'switcharoo-other-'))),
    operator: {user: 'kim', host: 'other', pid: process.pid},
  };
}, 60_000);
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
    message: `blog was already run on ${host}: ${blog?.run}, done. PostgreSQL did not know that run.`,
    hint: {command: 'fleet resume blog'},
  });
  expect(wiki?.problem).toMatchObject({
    code: 'fleet-run-already-started',
    message: `wiki already began on ${host}: ${wiki?.run}, not finished. PostgreSQL did not know that run.`,
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
    message: `shared-mail already began on other: ${mail?.run}, not finished. PostgreSQL did not know that run.`,
    hint: {command: expect.stringContaining(`take-over ${mail?.run} -i `)},
  });
  expect([light.cutovers('shared-shop'), light.cutovers('shared-mail')]).toEqual([['cutover'], []]);
});
