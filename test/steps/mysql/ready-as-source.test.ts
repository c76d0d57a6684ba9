import {expect, test} from 'vitest';
import {createShop} from '../../../lab/mysql/shop-schema.ts';
import {statementsOf} from '../../../lab/mysql/statements.ts';
import {readyAsSource} from '../../../steps/mysql/ready-as-source.ts';
import {describeEachPair, type TriedServer} from './each-server.ts';
import {type Placed, settled} from './placed-unit.ts';

const prepare = async ({database}: TriedServer) => {
  if (database.name === 'db1') {
    await createShop(database);
  }
};

describeEachPair(
  'a source and its replica',
  (on) => {
    const ready = (): Placed => ({
      ...{id: 'ready', unit: readyAsSource},
      on: {source: on.source.session, replica: on.target.session},
    });

    test('are ready after a plain setup', async () => {
      await on.caughtUp();
      // Remarks do not block.
      expect(await settled(ready())).toMatchObject({kind: 'done', output: {}});
    });

    test('report every problem at once', async () => {
      const [source, replica] = [on.source.database, on.target.database];
      const {stop, start} = statementsOf(replica.brand);
      await source.query('CREATE TABLE shop.notes (id INT) ENGINE=MyISAM');
      await on.caughtUp();
      await source.query("SET GLOBAL binlog_row_image = 'MINIMAL'");
      await replica.query(stop);
      const verdict = await settled(ready());
      await source.query("SET GLOBAL binlog_row_image = 'FULL'");
      await source.query('DROP TABLE shop.notes');
      await replica.query(start);
      expect(verdict).toEqual({
        kind: 'blocked',
        reason:
          'db1 is not ready as the source: db1 has binlog_row_image = MINIMAL, not FULL; 1 table of db1 is not InnoDB: shop.notes (MyISAM); aurora does not replicate: the IO thread is stopped.',
        hint: 'Set binlog_row_image = FULL in my.cnf and restart. ALTER TABLE … ENGINE = InnoDB. Fix the cause, then START SLAVE (START REPLICA); do not skip the event.',
      });
    });

    // Where the freeze sets super_read_only nobody is past it.
    test.skipIf(on.source.kind.name === 'MySQL 9')(
      'accounts that a freeze does not bind are a question for the operator',
      async () => {
        await on.source.database.session(async (connection) => {
          await connection.query('SET sql_log_bin = 0');
          await connection.query("GRANT SUPER ON *.* TO 'backup'@'10.0.0.%' IDENTIFIED BY 'x'");
        });
        await on.caughtUp();
        expect(await settled(ready())).toMatchObject({
          kind: 'needs-answer',
          question:
            'db1 has 1 account that bypasses read_only: backup@10.0.0.%. Will none of these accounts write during the cutover?',
        });
      },
    );
  },
  {prepare},
);
