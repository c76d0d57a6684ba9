import {rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, vi} from 'vitest';
import {startWave} from '../../src/fleet/orders.ts';
import {makeTables} from '../../src/fleet/tables.ts';
import {type Desk, lastDocument, openDesk} from '../cli/switcharoo.ts';
import {type LightFleet, openLightFleet} from './light-fleet.ts';
import {test} from './with-postgres.ts';

let light: LightFleet;
let desk: Desk;
beforeAll(async () => {
  light = await openLightFleet();
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
  await startWave(light.database, {
    ...{fleet, wave: 'only', operator: 'ada@here', digest: 'd1'},
    units: light.started(fleet, 'only'),
  });
  const serve = () => desk.run('fleet', 'runner', '--until-idle', '--json');
  const failed = await serve();
  expect({code: failed.code, ...lastDocument(failed)}).toMatchObject({
    ...{code: 5, stopped: true, undecided: ['list']},
  });
  rmSync(broken);
  expect((await desk.run('fleet', 'resume', 'list', '--json')).code).toBe(0);
  const done = await serve();
  expect({code: done.code, ...lastDocument(done)}).toMatchObject({code: 0, undecided: []});
  expect(light.cutovers('list')).toEqual(['cutover']);
}, 60_000);
