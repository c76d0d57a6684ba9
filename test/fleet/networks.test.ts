import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, afterEach, beforeAll, expect, vi} from 'vitest';
import {admit} from '../../src/fleet/admission.ts';
import {unitsIn} from '../../src/fleet/rows.ts';
import {fleetStatus} from '../../src/fleet/status.ts';
import {makeTables} from '../../src/fleet/tables.ts';
import type {Fleet} from '../../src/model/fleet.ts';
import {type Desk, lastDocument, openDesk} from '../cli/switcharoo.ts';
import {type LightFleet, openLightFleet} from './light-fleet.ts';
import {serveLight, startLight, statusOf} from './light-runner.ts';
import {test} from './with-postgres.ts';

// Units whose systems only some runners reach.

let light: LightFleet;
let one: Desk;
let other: Desk;
beforeAll(async () => {
  light = await openLightFleet();
  await makeTables(light.database);
  vi.stubEnv('DATABASE_URL', light.database.url);
  [one, other] = [openDesk(), openDesk()];
});
afterEach(() => query("UPDATE switcharoo_fleet.runner SET beat = '-infinity'"));
afterAll(async () => {
  vi.unstubAllEnvs();
  await one?.clear();
  await other?.clear();
  await light?.clear();
});

const query = (text: string, values: readonly unknown[] = []) =>
  light.database.pool.query(text, [...values]);

/** A fleet of one wave `w`: by unit, its network. */
function fleetOf(
  name: string,
  networks: Readonly<Record<string, string | undefined>>,
  atOnce = {},
): Fleet {
  const {waves, ...rest} = light.fleetOf(name, {w: Object.keys(networks)});
  const units = Object.entries(waves['w']?.units ?? {}).map(([unit, own]) => {
    const network = networks[unit];
    return [unit, network === undefined ? own : {...own, network}];
  });
  return {...rest, atOnce, waves: {w: {units: Object.fromEntries(units)}}};
}

/** As a runner elsewhere, which is heard for an hour. */
const hear = (runner: string, networks: readonly string[]) =>
  query(
    `INSERT INTO switcharoo_fleet.runner
       (runner, home, host, folder, machine, pid, version, networks, beat)
     VALUES ($1, $1, 'far', '/state', 'm', 1, '0', $2, now() + interval '1 hour')`,
    [runner, networks],
  );

const waits = async (fleet: string) => {
  const {waves} = await fleetStatus(light.database, fleet);
  return waves.flatMap(({units}) => units.map(({waitReason, waitsFor}) => [waitReason, waitsFor]));
};

test('each unit is moved by a runner of its network, and waits visibly while none is heard', async () => {
  const networks = {crm: 'dmz', mail: 'office', blog: undefined};
  await startLight(light, fleetOf('two', networks, {units: 1}), 'w');
  const runner = (desk: Desk, ...more: string[]) =>
    desk.run('fleet', 'runner', '--until-idle', '--json', ...more);

  // What no runner may begin takes no place of the limit.
  const idle = lastDocument(await runner(one));
  expect(idle).toMatchObject({undecided: [], outsideNetwork: ['crm', 'mail']});
  expect(await statusOf(light, 'two')).toEqual(['crm waiting', 'mail waiting', 'blog done']);
  expect(await waits('two')).toEqual([
    ['network', 'a runner of network dmz'],
    ['network', 'a runner of network office'],
    [null, null],
  ]);
  const shown = await one.run('fleet', 'status');
  expect(shown.stdout).toContain('waits for a runner of network dmz');
  expect(shown.stdout).toContain('fleet runner --network dmz');

  await Promise.all([runner(one, '--network', 'dmz'), runner(other, '--network', 'office')]);
  const {rows} = await query(
    `SELECT unit, status, networks FROM switcharoo_fleet.unit JOIN switcharoo_fleet.runner USING (runner)
     WHERE fleet = 'two' ORDER BY place`,
  );
  expect(rows).toEqual([
    {unit: 'crm', status: 'done', networks: ['dmz']},
    {unit: 'mail', status: 'done', networks: ['office']},
    {unit: 'blog', status: 'done', networks: []},
  ]);
});

test('a unit without a network is not begun by a runner that was started in one', async () => {
  await startLight(light, fleetOf('none', {wiki: undefined}), 'w');
  await serveLight(light, {networks: ['dmz', 'office']});
  await hear('in-dmz', ['dmz']);
  expect(await waits('none')).toEqual([['network', 'a runner without --network']]);
  await serveLight(light);
  expect(await statusOf(light, 'none')).toEqual(['wiki done']);
});

test('a runner of two networks moves the units of both', async () => {
  await startLight(light, fleetOf('both', {news: 'dmz', chat: 'office'}), 'w');
  await serveLight(light, {networks: ['dmz', 'office']});
  expect(await statusOf(light, 'both')).toEqual(['news done', 'chat done']);
});

test('units that wait for one network leave the other networks their places in the queue', async () => {
  const dmz = Object.fromEntries(Array.from({length: 60}, (_, at) => [`d${at}`, 'dmz']));
  await startLight(light, fleetOf('many', {...dmz, last: undefined}), 'w');
  await hear('in-dmz-2', ['dmz']);
  await hear('anywhere', []);
  const admitted = await admit(light.database, 'many', async () => {});
  expect([admitted.length, admitted.at(-1)]).toEqual([51, 'last']);
  await query("UPDATE switcharoo_fleet.unit SET status = 'left-out' WHERE fleet = 'many'");
});

test('a queued unit gives its place back when the runners of its network have ended', async () => {
  await startLight(light, fleetOf('left', {forum: 'dmz', shop: undefined}, {units: 1}), 'w');
  await hear('in-dmz-3', ['dmz']);
  const served = serveLight(light);
  const forum = async () => (await unitsIn(light.database.pool, 'left'))[0];
  while ((await forum())?.status !== 'admitted') {
    await sleep(20);
  }
  await query("UPDATE switcharoo_fleet.runner SET beat = '-infinity' WHERE runner = 'in-dmz-3'");
  await query(
    "UPDATE switcharoo_fleet.unit SET changed_at = now() - interval '1 minute' WHERE fleet = 'left'",
  );
  await served;
  expect(await statusOf(light, 'left')).toEqual(['forum waiting', 'shop done']);
});
