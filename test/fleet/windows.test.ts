import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, expect} from 'vitest';
import {createSsm} from '../../lab/aws/ssm.ts';
import {admissible} from '../../src/fleet/admission.ts';
import {holdFleet, leaveOut, releaseFleet, resumeUnit} from '../../src/fleet/orders.ts';
import {fleetIn, unitsIn, wavesIn} from '../../src/fleet/rows.ts';
import {fleetStatus} from '../../src/fleet/status.ts';
import {makeTables} from '../../src/fleet/tables.ts';
import {credentials, type Started, started} from '../lab/aws/started.ts';
import {type LightFleet, openLightFleet} from './light-fleet.ts';
import {operator, serveLight, startLight, statusOf} from './light-runner.ts';
import {test} from './with-postgres.ts';

// Units whose inventories say when they may be cut over.

const later = 'window: {from: 2099-12-05T02:00, timeZone: Europe/Berlin}\n';
const over = 'window: {until: 2020-12-05T02:00}\n';

const calendar = 'arn:aws:ssm:us-east-1:123456789012:document/freeze';
const ssm = createSsm({parameters: {}});

let lab: Started;
let light: LightFleet;
beforeAll(async () => {
  lab = await started(ssm);
  const freeze = {kind: 'change-calendar', calendar, endpoint: lab.endpoint.url, credentials};
  const asks = `  freeze: ${JSON.stringify(freeze)}\nwindow: {calendar: freeze}\n`;
  const windows = Object.entries({later, over, asks});
  light = await openLightFleet({
    more: (unit) => windows.find(([name]) => unit.startsWith(name))?.[1] ?? '',
  });
  await makeTables(light.database);
});
afterAll(async () => {
  await light?.clear();
  await lab?.[Symbol.asyncDispose]();
});

const edit = (unit: string, change: (text: string) => string): void => {
  const file = join(light.folder, `${unit}.yaml`);
  writeFileSync(file, change(readFileSync(file, 'utf8')));
};

const waits = async (fleet: string) => {
  const {waves} = await fleetStatus(light.database, fleet);
  return waves.flatMap(({units}) => units.map(({waitReason, waitsFor}) => [waitReason, waitsFor]));
};

const opensAt = '2099-12-05 02:00 Europe/Berlin (01:00 UTC)';

test('a unit outside its window waits, and its wave goes on without failing or ending', async () => {
  const order = {fleet: 'shops', operator};
  await startLight(light, light.fleetOf('shops', {w: ['later-shop', 'blog', 'later-mail']}), 'w');
  await serveLight(light);
  expect(await statusOf(light, 'shops')).toEqual([
    ...['later-shop waiting', 'blog done', 'later-mail waiting'],
  ]);
  const closed = ['window', `its window, which is closed until ${opensAt}`];
  expect(await waits('shops')).toEqual([closed, [null, null], closed]);
  await holdFleet(light.database, {...order, because: undefined});
  expect((await waits('shops'))[0]).toEqual(['hold', 'the end of the hold']);
  await releaseFleet(light.database, order);
  await leaveOut(light.database, {...order, unit: 'later-mail', because: 'moves in May'});

  // Somebody moves the window, which the approved digest leaves open.
  edit('later-shop', (text) => text.replace('2099', '2020'));
  await serveLight(light);
  expect((await waits('shops'))[0]).toEqual(closed);
  await resumeUnit(light.database, {...order, unit: 'later-shop'});
  await serveLight(light);
  expect(await statusOf(light, 'shops')).toEqual([
    ...['later-shop done', 'blog done', 'later-mail left-out'],
  ]);
});

test('a unit whose window is over needs a person', async () => {
  await startLight(light, light.fleetOf('late', {w: ['over-shop']}), 'w');
  await serveLight(light);
  const [unit] = await unitsIn(light.database.pool, 'late');
  expect([unit?.status, unit?.problem?.code]).toEqual(['failed', 'outside-window']);
});

test('a unit that was prepared before its window was moved waits for it where it is', async () => {
  const order = {fleet: 'moved', operator};
  await startLight(light, light.fleetOf('moved', {w: ['stock']}, {prepareSeconds: 1}), 'w');
  const one = async () => (await unitsIn(light.database.pool, 'moved'))[0];
  const served = serveLight(light);
  while ((await one())?.phase !== 'Prepare') {
    await sleep(20);
  }
  await holdFleet(light.database, {...order, because: undefined});
  await served;
  edit('stock', (text) => `${text}${later}`);
  await releaseFleet(light.database, order);
  await serveLight(light);
  const waiting = await one();
  expect([waiting?.status, waiting?.changes, waiting?.problem?.code]).toEqual([
    ...['waiting', 1, 'outside-window'],
  ]);
  expect(waiting?.problem?.message).toContain(`The window opens at ${opensAt}.`);
  edit('stock', (text) => text.replace(later, ''));
  await resumeUnit(light.database, {...order, unit: 'stock'});
  await serveLight(light);
  expect(await statusOf(light, 'moved')).toEqual(['stock done']);
  expect(light.cutovers('stock')).toEqual(['cutover']);
});

test('a unit whose calendar is closed waits, and is tried again five minutes later', async () => {
  ssm.setCalendar(calendar, {state: 'CLOSED'});
  await startLight(light, light.fleetOf('asked', {w: ['asks-shop', 'wiki']}), 'w');
  await serveLight(light);
  const closed = ['asks-shop waiting', 'wiki done'];
  expect(await statusOf(light, 'asked')).toEqual(closed);
  expect(await waits('asked')).toEqual([
    ['window', 'its window'],
    [null, null],
  ]);
  const [unit] = await unitsIn(light.database.pool, 'asked');
  expect(unit?.problem?.message).toContain(`The change calendar ${calendar} is closed`);

  ssm.setCalendar(calendar, {state: 'OPEN'});
  await serveLight(light);
  expect(await statusOf(light, 'asked')).toEqual(closed);
  await light.database.pool.query(
    "UPDATE switcharoo_fleet.unit SET changed_at = now() - interval '300 seconds' WHERE fleet = 'asked'",
  );
  await serveLight(light);
  expect(await statusOf(light, 'asked')).toEqual(['asks-shop done', 'wiki done']);
});

test('a unit whose calendar does not answer needs a person', async () => {
  lab.endpoint.faults.add({service: 'ssm', kind: 'deny', times: 10});
  await startLight(light, light.fleetOf('unasked', {w: ['asks-mail']}), 'w');
  await serveLight(light).finally(() => lab.endpoint.faults.clear());
  const [unit] = await unitsIn(light.database.pool, 'unasked');
  expect([unit?.status, unit?.problem?.code]).toEqual(['failed', 'calendar-unknown']);
});

test('a resumed unit that waits for its window again does not begin when its wave has stopped', async () => {
  const order = {fleet: 'again', operator, unit: 'later-crm'};
  await startLight(light, light.fleetOf('again', {w: ['later-crm', 'blog2']}), 'w');
  edit('later-crm', (text) => text.replace('2099', '2098'));
  await resumeUnit(light.database, order);
  await serveLight(light);
  expect(await waits('again')).toEqual([
    ['window', `its window, which is closed until ${opensAt.replace('2099', '2098')}`],
    [null, null],
  ]);
  // A person may try it again at once.
  edit('later-crm', (text) => text.replace('2098', '2020'));
  await light.database.pool.query(
    "UPDATE switcharoo_fleet.unit SET status = 'failed', home = NULL WHERE fleet = 'again' AND unit = 'blog2'",
  );
  expect(await admissibleIn('again', '2098-12-06T00:00:00Z')).toEqual([]);
  await resumeUnit(light.database, order);
  await serveLight(light);
  expect(await statusOf(light, 'again')).toEqual(['later-crm done', 'blog2 failed']);
});

async function admissibleIn(name: string, at: string): Promise<readonly string[]> {
  const {pool} = light.database;
  const fleet = await fleetIn(pool, name);
  if (!fleet) {
    throw new Error(`There is no fleet ${name}.`);
  }
  const state = {fleet, waves: await wavesIn(pool, name), units: await unitsIn(pool, name)};
  return admissible(state, new Date(at)).map(({unit}) => unit);
}
