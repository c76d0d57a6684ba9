import {setTimeout as sleep} from 'node:timers/promises';
import {beforeEach, expect, test} from 'vitest';
import {createShop} from '../../../lab/mysql/shop-schema.ts';
import {stillFrozen} from '../../../steps/mysql/still-frozen.ts';
import {describeEachServer} from './each-server.ts';
import {lookOf} from './placed-unit.ts';

describeEachServer(
  'a frozen source',
  (on) => {
    const check = (position: {file: string; position: number}) =>
      stillFrozen.check(
        lookOf({id: 'still', unit: stillFrozen, on: {source: on.session}, input: {position}}),
      );

    /** MariaDB keeps a log until its last commits are in InnoDB's own. */
    const removeLogsBefore = async (file: string) => {
      while ((await on.session.reader.oldestLog()) !== file) {
        await on.database.query('PURGE BINARY LOGS TO ?', [file]);
        await sleep(50);
      }
    };

    beforeEach(() => on.database.query('SET GLOBAL read_only = 0').then(() => {}));

    test('passes without a write since the freeze', async () => {
      const position = await on.session.reader.position();
      await on.database.query('SET GLOBAL read_only = 1');
      expect(await check(position)).toEqual({kind: 'done', output: {}});
      await on.database.query('SET GLOBAL read_only = 0');
    });

    test('is blocked when the source accepts writes again after a restart, also before the first write', async () => {
      const position = await on.session.reader.position();
      expect(await check(position)).toMatchObject({
        kind: 'blocked',
        reason: `db1 accepts writes again (read_only = OFF), and was frozen at ${position.file}:${position.position}.`,
      });
    });

    test('is blocked by a write of an account that read_only does not bind', async () => {
      const position = await on.session.reader.position();
      await on.database.query('SET GLOBAL read_only = 1');
      // root is not bound by read_only on any of them.
      await on.database.query("INSERT INTO shop.orders (token) VALUES ('slipped in')");
      const now = await on.session.reader.position();
      expect(await check(position)).toMatchObject({
        kind: 'blocked',
        reason: expect.stringMatching(
          new RegExp(
            `^db1 is at ${now.file}:${now.position}, and was frozen at ${position.file}:${position.position}: it has writes that the other side does not have \\(shop\\.orders at ${position.file}:\\d+.*\\)\\.$`,
          ),
        ),
      });
      await on.database.query('SET GLOBAL read_only = 0');
    });

    test('passes when its log was rotated since, and is blocked when the log of the freeze was removed', async () => {
      const position = await on.session.reader.position();
      await on.database.query('SET GLOBAL read_only = 1');
      await on.database.query('FLUSH LOGS');
      expect(await check(position)).toEqual({kind: 'done', output: {}});
      await removeLogsBefore((await on.session.reader.position()).file);
      expect(await check(position)).toMatchObject({
        kind: 'blocked',
        reason: expect.stringContaining(
          `(the log ${position.file} was removed, and its contents are unknown)`,
        ),
      });
      await on.database.query('SET GLOBAL read_only = 0');
    });
  },
  {prepare: ({database}) => createShop(database)},
);
