import {beforeEach, expect, test} from 'vitest';
import {createShop} from '../../../lab/mysql/shop-schema.ts';
import {stillFrozen} from '../../../steps/mysql/still-frozen.ts';
import {describeEachServer} from './each-server.ts';
import {lookOf} from './walk.ts';

describeEachServer(
  'a frozen source',
  (on) => {
    const look = (position: {file: string; position: number}) =>
      stillFrozen.check(
        lookOf({id: 'still', unit: stillFrozen, on: {source: on.session}, input: {position}}),
      );

    beforeEach(() => on.database.query('SET GLOBAL read_only = 0').then(() => {}));

    test('a frozen source that nobody wrote to stands still', async () => {
      const position = await on.session.reader.position();
      await on.database.query('SET GLOBAL read_only = 1');
      expect(await look(position)).toEqual({kind: 'done', output: {}});
      await on.database.query('SET GLOBAL read_only = 0');
    });

    test('a source that was restarted and accepts writes again is noticed, also when nothing was written yet', async () => {
      const position = await on.session.reader.position();
      expect(await look(position)).toMatchObject({
        kind: 'blocked',
        reason: `db1 accepts writes again (read_only = OFF), and was frozen at ${position.file}:${position.position}.`,
      });
    });

    test('a write by an account that read_only does not bind is noticed', async () => {
      const position = await on.session.reader.position();
      await on.database.query('SET GLOBAL read_only = 1');
      // root is not bound by read_only on any of them.
      await on.database.query("INSERT INTO shop.orders (token) VALUES ('slipped in')");
      const now = await on.session.reader.position();
      expect(await look(position)).toMatchObject({
        kind: 'blocked',
        reason: `db1 stands at ${now.file}:${now.position}, and was frozen at ${position.file}:${position.position}: something was written there since, and the other side does not have it.`,
      });
      await on.database.query('SET GLOBAL read_only = 0');
    });
  },
  {prepare: ({database}) => createShop(database)},
);
