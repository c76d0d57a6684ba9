import {lawsOfStep} from 'switcharoo/testing';
import {afterAll, beforeAll, beforeEach, describe, expect, test} from 'vitest';
import {positionOf} from '../../../lab/mysql/seed.ts';
import {replicateFrom} from '../../../steps/aurora/replicate-from.ts';
import {seed} from '../../../steps/aurora/seed.ts';
import {verifyData} from '../../../steps/mysql/verify-data.ts';
import {forEachPair, forMariadb, forOldAndCurrent} from '../../lab/mysql/for-each-kind.ts';
import {
  type DumpClients,
  type KindPair,
  mariadb,
  mariadbClients,
  mysqlClients,
} from '../../lab/mysql/server-kinds.ts';
import {reverse, run} from '../mysql/placed-unit.ts';
import {openSeedWorld, type SeedWorld, schemasOn} from './seed-world.ts';

forEachPair('the first copy', (pair) => copying(pair, mysqlClients));
forOldAndCurrent('the first copy, MySQL 5.6 to MySQL 9', (pair) => {
  test.skipIf(mysqlClients.missing)(
    'collations stay those of the older server, and a mode that the newer one refuses is left out',
    async () => {
      const world = await openSeedWorld(pair);
      try {
        const {source, aurora} = world.databases;
        await aurora.query("GRANT SESSION_VARIABLES_ADMIN ON *.* TO admin@'%'");
        await source.session(async (connection) => {
          await connection.query("SET SESSION sql_mode = 'NO_AUTO_CREATE_USER,ANSI'");
          await connection.query("CREATE DEFINER = 'shop'@'%' PROCEDURE proof.moded() SELECT 1");
        });
        await world.empty();
        await run(await world.placed());
        const [column] = await aurora.query(
          `SELECT collation_name AS c FROM information_schema.columns
            WHERE table_schema = 'proof' AND table_name = 'all_kinds' AND column_name = 'lt'`,
        );
        const [routine] = await aurora.query(
          "SELECT sql_mode AS mode FROM information_schema.routines WHERE routine_name = 'moded'",
        );
        expect(column).toEqual({c: 'utf8mb4_general_ci'});
        expect(routine?.['mode']).toMatch(/ANSI$/);
      } finally {
        await world.close();
      }
    },
  );
});
forMariadb('the first copy', (pair) => copying(pair, mariadbClients));

function copying(pair: KindPair, {folder, missing}: DumpClients): void {
  if (missing) {
    console.warn(`SKIPPED: the first copy of ${pair.source.name}: ${missing}`);
  }
  describe.skipIf(missing)('with its dump client', () => {
    let world: SeedWorld;
    beforeAll(async () => {
      world = await openSeedWorld(pair);
    });
    beforeEach(() => world.empty());
    afterAll(() => world?.close());

    test('Aurora follows from the place of the copy on, and has every row of the source', async () => {
      const {source, replica, aurora} = world.databases;
      const place = await positionOf(replica);
      const {output} = await run(await world.placed(folder));
      expect(output).toEqual({...place, ofSource: await positionOf(source)});
      await source.query("INSERT INTO shop.orders (token) VALUES ('after the copy')");
      await run({
        id: 'replicate',
        unit: replicateFrom,
        on: {aurora: world.aurora, upstream: world.replica},
        input: {...world.at.replica, file: output.file, position: output.position},
      });
      const verified = await run({
        id: 'verify',
        unit: verifyData,
        on: {source: world.replica, target: world.aurora},
      });
      expect(verified.output).toMatchObject({changing: 0});
      const late = "SELECT COUNT(*) AS c FROM shop.orders WHERE token = 'after the copy'";
      expect(await aurora.query(late)).toEqual([{c: 1}]);
      const events = await aurora.query(
        "SELECT definer AS definer, status AS status FROM information_schema.events WHERE event_schema = 'proof'",
      );
      expect(events).toEqual([
        {definer: 'shop@%', status: expect.stringMatching(/^(SLAVE|REPLICA_)SIDE_DISABLED$/)},
      ]);
      await world.aurora.writer.resetReplication(new AbortController().signal);
    });

    test('a reversal drops what it copied, and nothing else', async () => {
      const placed = await world.placed(folder);
      const {before} = await run(placed);
      await world.databases.aurora.query('CREATE DATABASE notes');
      expect(await reverse(placed, before)).toMatchObject({kind: 'pending', before});
      expect(await schemasOn(world.databases.aurora)).toEqual(['notes']);
    });

    // The third pair has the replica of the first, and the laws do not ask what Aurora is.
    if (pair.source === pair.target && pair.source !== mariadb) {
      lawsOfStep({
        step: seed,
        input: {schemas: ['shop']},
        world: async () => {
          await world.empty();
          const {on} = await world.placed();
          return {sessions: on, picture: world.picture};
        },
        blockedWorld: async () => {
          await world.empty();
          await world.databases.aurora.query('CREATE DATABASE shop');
          const {on} = await world.placed();
          return {sessions: on, picture: world.picture};
        },
      });
    }
  });
}
