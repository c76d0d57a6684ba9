import {appendFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, expect} from 'vitest';
import {holdFleet, releaseFleet, resumeUnit} from '../../src/fleet/orders.ts';
import {unitsIn} from '../../src/fleet/rows.ts';
import {makeTables} from '../../src/fleet/tables.ts';
import type {Fleet} from '../../src/model/fleet.ts';
import {type LightFleet, openLightFleet} from './light-fleet.ts';
import {operator, serveLight, startLight, statusOf as statusIn} from './light-runner.ts';
import {test} from './with-postgres.ts';

let light: LightFleet;
beforeAll(async () => {
  light = await openLightFleet();
  await makeTables(light.database);
});
afterAll(() => light?.clear());

const start = (fleet: Fleet, wave: string) => startLight(light, fleet, wave);
const serve = () => serveLight(light);
const statusOf = (fleet: string) => statusIn(light, fleet);

test('a runner moves each unit of a wave once, and a wave that was started twice is started once', async () => {
  const fleet = light.fleetOf('shops', {pilot: ['blog', 'shop'], rest: ['stock']});
  expect((await start(fleet, 'pilot')).isNew).toBe(true);
  expect((await start(fleet, 'pilot')).isNew).toBe(false);
  await expect(start(fleet, 'rest')).rejects.toThrow(
    'rest starts after pilot, where 2 units are neither done nor left out: blog, shop.',
  );
  await serve();
  expect(await statusOf('shops')).toEqual(['blog done', 'shop done']);
  await start(fleet, 'rest');
  await serve();
  expect(['blog', 'shop', 'stock'].map(light.cutovers)).toEqual([
    ['cutover'],
    ['cutover'],
    ['cutover'],
  ]);
});

test('one failure stops its wave; when a person has resumed it, the wave goes on', async () => {
  const fleet = {
    ...light.fleetOf('mail', {first: ['box', 'list', 'spam']}, {breaks: 'switch'}),
    atOnce: {units: 1},
  };
  const broken = join(light.serviceFolder('list'), 'broken');
  writeFileSync(broken, '');
  await start(fleet, 'first');
  await serve();
  // It failed in its outage: that was brought to its end.
  expect(await statusOf('mail')).toEqual(['box done', 'list failed', 'spam waiting']);
  expect(light.cutovers('list')).toEqual([]);
  rmSync(broken);
  await resumeUnit(light.database, {fleet: 'mail', unit: 'list', operator});
  await serve();
  expect(await statusOf('mail')).toEqual(['box done', 'list done', 'spam done']);
  expect(light.cutovers('list')).toEqual(['cutover']);
});

test('nothing begins while a fleet is held', async () => {
  const fleet = light.fleetOf('held', {only: ['one']});
  await start(fleet, 'only');
  await holdFleet(light.database, {fleet: 'held', operator, because: 'a storm'});
  await serve();
  expect(await statusOf('held')).toEqual(['one waiting']);
  await releaseFleet(light.database, {fleet: 'held', operator});
  await serve();
  expect(await statusOf('held')).toEqual(['one done']);
});

test('a runner whose inventory is not what was approved does not run it', async () => {
  const fleet = light.fleetOf('changed', {only: ['forum']});
  await start(fleet, 'only');
  appendFileSync(join(light.folder, 'forum.yaml'), 'requireRehearsal: false\n');
  await serve();
  const [unit] = await unitsIn(light.database.pool, 'changed');
  expect(unit).toMatchObject({status: 'failed', problem: {code: 'fleet-unit-changed'}, changes: 0});
  expect(light.cutovers('forum')).toEqual([]);
});

test('a hold pauses a run before its outage, and after the release the same run goes on', async () => {
  const fleet = light.fleetOf('paused', {only: ['pausing']}, {prepareSeconds: 1});
  await start(fleet, 'only');
  const served = serve();
  const one = async () => (await unitsIn(light.database.pool, 'paused'))[0];
  while ((await one())?.status !== 'running') {
    await sleep(20);
  }
  await holdFleet(light.database, {fleet: 'paused', operator, because: undefined});
  await served;
  const held = await one();
  expect([held?.status, held?.inOutage, light.cutovers('pausing')]).toEqual(['waiting', false, []]);
  await releaseFleet(light.database, {fleet: 'paused', operator});
  await serve();
  const done = await one();
  expect([done?.status, done?.run, done?.attempt]).toEqual(['done', held?.run, 2]);
  expect(light.cutovers('pausing')).toEqual(['cutover']);
});

test('one failure pauses the other units of its wave before their outage; a person may let one continue', async () => {
  await start(
    light.fleetOf('halted', {only: ['bad', 'good', 'late']}, {prepareSeconds: 6}),
    'only',
  );
  const {pool} = light.database;
  // A runner elsewhere has it, and it fails there while the others are prepared.
  await pool.query("UPDATE switcharoo_fleet.unit SET home = 'h2' WHERE unit = 'bad'");
  const served = serve();
  const preparing = async () =>
    (await unitsIn(pool, 'halted')).filter(({phase}) => phase === 'Prepare').length;
  while ((await preparing()) < 2) {
    await sleep(20);
  }
  await pool.query(
    "UPDATE switcharoo_fleet.unit SET status = 'failed', home = NULL WHERE unit = 'bad'",
  );
  await served;
  const units = await unitsIn(pool, 'halted');
  expect(units.map(({unit, status, changes}) => `${unit} ${status} ${changes}`)).toEqual([
    ...['bad failed 0', 'good waiting 1', 'late waiting 1'],
  ]);
  await resumeUnit(light.database, {fleet: 'halted', unit: 'good', operator});
  await serve();
  expect(await statusOf('halted')).toEqual(['bad failed', 'good done', 'late waiting']);
  await resumeUnit(light.database, {fleet: 'halted', unit: 'bad', operator});
  await serve();
  expect(await statusOf('halted')).toEqual(['bad done', 'good done', 'late done']);
  expect(['good', 'late'].map(light.cutovers)).toEqual([['cutover'], ['cutover']]);
});
