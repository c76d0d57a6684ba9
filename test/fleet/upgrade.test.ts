import {setTimeout as sleep} from 'node:timers/promises';
import type {PoolClient} from 'pg';
import {afterAll, beforeAll, expect} from 'vitest';
import {openDatabase} from '../../src/fleet/database.ts';
import {startWave} from '../../src/fleet/orders.ts';
import {unitsIn} from '../../src/fleet/rows.ts';
import {makeTables, tableVersions, withEngineTables} from '../../src/fleet/tables.ts';
import {type LightFleet, openLightFleet} from './light-fleet.ts';
import {test} from './with-postgres.ts';

// Two releases of switcharoo at one fleet, while its waves are moved.

let light: LightFleet;
beforeAll(async () => {
  light = await openLightFleet();
});
afterAll(() => light?.clear());

/** As a later release might have it. */
const nextVersions = [
  ...tableVersions,
  'ALTER TABLE switcharoo_fleet.unit ADD COLUMN note text',
  "UPDATE switcharoo_fleet.unit SET note = 'from before'",
];

const startedBy = (
  wave: string,
  fleet = light.fleetOf('upgraded', {first: ['a'], second: ['b']}),
) =>
  startWave(light.database, {
    ...{fleet, wave, operator: 'ada@here', digest: 'd1'},
    units: light.started(fleet, wave),
  });

test('a process that saw no tables, and then waited while another made them, makes none', async () => {
  const {database} = light;
  // One session of PostgreSQL, which keeps what it did not find.
  const session = await database.pool.connect();
  try {
    const inSession = async (work: (client: PoolClient) => Promise<void>) => {
      await session.query('BEGIN');
      await work(session);
      await session.query('COMMIT');
    };
    await session.query("SELECT to_regclass('switcharoo_fleet.version')");
    let second: Promise<void> | undefined;
    await database.transaction(async (client) => {
      await makeTables({transaction: async (work) => work(client)});
      second = makeTables({transaction: inSession as never});
      const isWaiting = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
      while ((await database.pool.query(isWaiting)).rowCount === 0) {
        await sleep(20);
      }
    });
    await second;
  } finally {
    session.release();
  }
});

test('a later release keeps what was written, and a release that does not know its tables refuses them', async () => {
  const {pool} = light.database;
  await makeTables(light.database);
  await startedBy('first');
  await pool.query("CREATE ROLE guest LOGIN PASSWORD 'g'");
  await pool.query('GRANT USAGE ON SCHEMA switcharoo_fleet TO guest');
  await pool.query('GRANT SELECT ON switcharoo_fleet.version TO guest');
  const url = new URL(light.database.url);
  url.username = 'guest';
  url.password = 'g';
  const guest = await openDatabase('', url.href);
  try {
    await makeTables(guest);
    await expect(makeTables(guest, nextVersions)).rejects.toMatchObject({
      problem: {
        code: 'fleet-tables-older',
        message:
          'The tables of the fleet have version 1. This release of switcharoo needs version 3, and your role may not change them.',
      },
    });
    await Promise.all([
      makeTables(light.database, nextVersions),
      makeTables(light.database, nextVersions),
    ]);
    await makeTables(guest, nextVersions);
    await expect(makeTables(guest)).rejects.toMatchObject({problem: {code: 'fleet-tables-newer'}});
    await pool.query("UPDATE switcharoo_fleet.version SET engine = '5.0.0'");
    await expect(withEngineTables(guest, async () => {})).rejects.toThrow(
      'The tables of DBOS are those of its release 5.0.0. This release of switcharoo needs those of',
    );
  } finally {
    await guest.close();
  }
  const {rows} = await pool.query('SELECT unit, status, note FROM switcharoo_fleet.unit');
  expect(rows).toEqual([{unit: 'a', status: 'waiting', note: 'from before'}]);

  // A command of the release before that is running goes on.
  await pool.query("UPDATE switcharoo_fleet.unit SET status = 'done'");
  await startedBy('second');
  const units = await unitsIn(pool, 'upgraded');
  expect(units.map(({unit, status}) => `${unit} ${status}`)).toEqual(['a done', 'b waiting']);
});
