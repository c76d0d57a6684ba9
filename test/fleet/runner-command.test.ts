import {spawn} from 'node:child_process';
import {existsSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, expect, vi} from 'vitest';
import {unitsIn} from '../../src/fleet/rows.ts';
import {makeTables} from '../../src/fleet/tables.ts';
import {type Desk, lastDocument, openDesk} from '../cli/switcharoo.ts';
import {type LightFleet, openLightFleet} from './light-fleet.ts';
import {startLight} from './light-runner.ts';
import {test} from './with-postgres.ts';

let light: LightFleet;
let desk: Desk;
beforeAll(async () => {
  const window = 'window: {from: 2099-12-05T02:00}\n';
  light = await openLightFleet({more: (unit) => (unit.startsWith('later') ? window : '')});
  await makeTables(light.database);
  vi.stubEnv('DATABASE_URL', light.database.url);
  desk = openDesk();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  desk?.clear();
  await light?.clear();
});

test('a runner that has nothing left to do tells by its exit code whether a person must decide', async () => {
  const fleet = light.fleetOf('codes', {only: ['list']}, {breaks: 'switch'});
  const broken = join(light.serviceFolder('list'), 'broken');
  writeFileSync(broken, '');
  await startLight(light, fleet, 'only');
  await startLight(light, light.fleetOf('later', {w: ['later']}), 'w');
  const serve = () => desk.run('fleet', 'runner', '--until-idle', '--json');
  const failed = await serve();
  expect({code: failed.code, ...lastDocument(failed)}).toMatchObject({
    ...{code: 5, stopped: true, undecided: ['list'], outsideWindow: ['later']},
  });
  rmSync(broken);
  expect((await desk.run('fleet', 'resume', 'list', '--fleet', 'codes', '--json')).code).toBe(0);
  const done = await serve();
  expect({code: done.code, ...lastDocument(done)}).toMatchObject({code: 0, undecided: []});
  expect(light.cutovers('list')).toEqual(['cutover']);
});

test('a runner that is stopped for a minute has lost its unit to a person when it goes on, and leaves it', async () => {
  await startLight(light, light.fleetOf('stopped', {w: ['shop']}, {prepareSeconds: 3}), 'w');
  const runner = desk.start('fleet', 'runner', '--until-idle');
  const unit = async () => (await unitsIn(light.database.pool, 'stopped'))[0];
  while ((await unit())?.phase !== 'Prepare') {
    await sleep(50);
  }
  const other = openDesk();
  const named = ['shop', '--fleet', 'stopped', '--name', (await unit())?.run ?? ''];
  const takeOver = () =>
    other.run('fleet', 'take-over', ...named, '--journal-lost', 'the disk is destroyed', '--json');
  const early = await takeOver();
  expect(lastDocument(early)).toMatchObject({problems: [{code: 'fleet-runner-answers'}]});
  runner.child.kill('SIGSTOP');
  await light.database.pool.query(
    "UPDATE switcharoo_fleet.runner SET beat = now() - interval '1 minute'",
  );
  // Nobody is silent for longer than PostgreSQL has run.
  let taken = await takeOver();
  while (lastDocument(taken).problems?.[0].code === 'fleet-runner-answers') {
    await sleep(1_000);
    taken = await takeOver();
  }
  expect([taken.code, lastDocument(taken)]).toMatchObject([0, {order: 'taken-over', isNew: true}]);
  runner.child.kill('SIGCONT');
  const {stderr} = await runner.ended;
  await other.clear();
  expect(stderr).toContain('This runner no longer has shop');
  const {status, problem} = (await unit()) ?? {};
  expect([status, problem?.code]).toEqual(['failed', 'fleet-journal-lost']);
  expect(light.cutovers('shop')).toEqual([]);
});

const poll = {interval: 100};

test('a runner that loses its terminal in an outage brings it to its end, begins no other unit and ends', async () => {
  const fleet = light.fleetOf('hung-up', {w: ['board', 'chat']}, {outageSeconds: 3});
  await startLight(light, {...fleet, atOnce: {units: 1}}, 'w');
  const command = `exec node bin/switcharoo.js --state-dir ${desk.stateFolder} fleet runner`;
  const terminal = spawn('script', ['-qfec', command, '/dev/null'], {stdio: 'ignore'});
  const units = () => unitsIn(light.database.pool, 'hung-up');
  await expect.poll(async () => (await units())[0]?.inOutage, poll).toBe(true);
  terminal.kill('SIGKILL');
  await expect.poll(async () => (await units())[0]?.status, poll).toBe('done');
  const {rows} = await light.database.pool.query(
    `SELECT pid FROM switcharoo_fleet.runner WHERE runner = $1`,
    [(await units())[0]?.runner],
  );
  await expect.poll(() => existsSync(`/proc/${rows[0].pid}`), poll).toBe(false);
  expect((await units()).map(({status}) => status)).toEqual(['done', 'waiting']);
  expect(light.cutovers('board')).toEqual(['cutover']);
});
