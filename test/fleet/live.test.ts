import {afterAll, beforeAll, describe, expect, vi} from 'vitest';
import {holdFleet, startWave} from '../../src/fleet/orders.ts';
import {makeTables} from '../../src/fleet/tables.ts';
import {Browser, hasBrowser} from '../browser.ts';
import {type Desk, openDesk} from '../cli/switcharoo.ts';
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

describe.skipIf(!hasBrowser)('the live page of a fleet, in Chromium', () => {
  test('shows each wave as a grid, what waits for whom, and when PostgreSQL is away', async () => {
    const {database} = light;
    const whole = light.fleetOf('shops', {pilot: ['blog', 'shop'], rest: ['stock']});
    const [pilot = {units: {}}] = Object.values(whole.waves);
    const approve = {by: ['lee'], of: 1};
    const fleet = {...whole, waves: {...whole.waves, pilot: {...pilot, approve}}};
    const operator = 'ada@here';
    const units = light.started(fleet, 'pilot');
    await startWave(database, {fleet, wave: 'pilot', operator, digest: 'd1', units});
    const live = desk.start('fleet', 'live', '--json');
    const url = new Promise<string>((resolve) => {
      live.child.stdout?.once('data', (line) => resolve(JSON.parse(String(line)).url));
    });
    const browser = await Browser.open();
    try {
      const shows = (text: string) =>
        browser.until(`document.body.innerText.includes(${JSON.stringify(text)})`);
      await browser.visit(await url);
      await shows('pilot waits for approval');
      await shows('1 more of lee: switcharoo fleet approve pilot');
      const cells = () =>
        browser.evaluate('[...document.querySelectorAll(".unit")].map((cell) => cell.innerText)');
      expect(await cells()).toEqual(['blog\nwaiting', 'shop\nwaiting']);

      await database.pool.query(
        `UPDATE switcharoo_fleet.unit
         SET status = 'running', outage_since = now(), phase = 'Freeze', run = 'r1', changed_at = now()
         WHERE unit = 'shop'`,
      );
      await shows('Outage of shop');
      expect(await cells()).toEqual(['blog\nwaiting', 'shop\nOUTAGE, Freeze']);
      const clock = () => browser.evaluate('document.querySelector(".clock").textContent');
      const first = await clock();
      await browser.until(
        `document.querySelector(".clock").textContent !== ${JSON.stringify(first)}`,
      );
      await holdFleet(database, {fleet: 'shops', operator, because: 'a storm <b>'});
      await shows('by ada@here: a storm <b>.');
      expect(browser.complaints).toEqual([]);
      await browser.send('Page.setBypassCSP', {enabled: true});
      await browser.visit(await url);
      for (const [width, scheme] of [
        [1_440, 'light'],
        [390, 'dark'],
      ] as const) {
        expect(await browser.violations(width, scheme), `${width} ${scheme}`).toEqual([]);
      }

      await database.pool.query('ALTER SCHEMA switcharoo_fleet RENAME TO away');
      await shows('PostgreSQL cannot be read');
      await shows('The clocks on this page are stopped.');
      await database.pool.query('ALTER SCHEMA away RENAME TO switcharoo_fleet');
      await browser.until('document.querySelector("#trouble").textContent === ""');
    } finally {
      await browser.close();
    }
    live.child.kill('SIGTERM');
    expect((await live.ended).code).toBe(0);
  });
});
