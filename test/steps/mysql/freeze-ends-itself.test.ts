import {setTimeout as sleep} from 'node:timers/promises';
import {beforeEach, expect, test} from 'vitest';
import {hasThaw} from '../../../steps/mysql/freeze/thaw.ts';
import {freezeInRing} from '../../../steps/mysql/freeze-in-ring.ts';
import {freezeReady} from '../../../steps/mysql/freeze-ready.ts';
import {mysqlServer} from '../../../steps/mysql/target.ts';
import {passwords} from '../../lab/mysql/databases.ts';
import {current, mariadb, old} from '../../lab/mysql/server-kinds.ts';
import {describeEachServer, type TriedServer} from './each-server.ts';
import {lookOf, type Placed, performAll, reverse, run, settled} from './placed-unit.ts';

const signal = new AbortController().signal;
const never = {fence: async () => ({readOnly: true, superReadOnly: null})};

/** Aurora refuses writes all the time: only the source is tried here. */
const freezing = ({session}: Pick<TriedServer, 'session'>, endsItselfAfterSeconds = 3): Placed => ({
  ...{id: 'freeze', unit: freezeInRing},
  on: {source: session, aurora: {reader: never, writer: never} as never},
  input: {endSessions: false, watchMs: 0, lockWaitSeconds: 1, endsItselfAfterSeconds},
});

/** The gate before it, and before anybody is held. */
const readying = (
  {session}: Pick<TriedServer, 'session'>,
  endsItselfAfterSeconds: number | null,
): Placed => ({
  ...{id: 'freeze-ready', unit: freezeReady, on: {source: session}},
  input: {isInRing: true, lockWaitSeconds: 1, endsItselfAfterSeconds},
});

const openSession = ({database}: TriedServer) =>
  mysqlServer.open(
    {
      ...{host: '127.0.0.1', port: database.port},
      user: 'switcharoo',
      password: passwords.switcharoo,
    },
    {name: 'db1', signal},
  );

describeEachServer(
  'a freeze that ends itself',
  (on) => {
    const isFrozen = async () =>
      Number((await on.database.query('SELECT @@global.read_only AS frozen'))[0]?.['frozen']) === 1;
    const logEnd = () => on.session.reader.position(signal);
    beforeEach(async () => {
      await on.session.writer.allowWrites(signal);
      await on.session.writer.removeThaw(signal);
      await on.database.query('SET GLOBAL event_scheduler = ON');
    });

    // How long after its bound: `npm run drills -- --freeze 50`.
    test('cut off at random in the freeze, the source accepts writes by itself', async () => {
      const before = await logEnd();
      for (let cut = 0; cut < 6; cut += 1) {
        const session = await openSession(on);
        const placed = freezing({session}, 2);
        const actions = await freezeInRing.plan(lookOf(placed), undefined as never);
        const cutOff = sleep(Math.random() * 40).then(() => session.close());
        await performAll(placed, actions).catch(() => {});
        await cutOff;
        await sleep(50);
        while (await isFrozen()) {
          await sleep(10);
        }
      }
      expect(await logEnd()).toEqual(before);
    });

    test('disarmed, it lasts, and nothing of it is in the binary log', async () => {
      const before = await logEnd();
      await run(freezing(on));
      expect(await hasThaw(on.session.reader, signal)).toBe(true);
      await on.session.writer.disarmThaw(signal);
      await sleep(3_200);
      expect(await isFrozen()).toBe(true);
      expect(await hasThaw(on.session.reader, signal)).toBe(false);
      expect(await logEnd()).toEqual(before);
    });

    test('a thaw that has started does nothing once its event is removed', async () => {
      await run(freezing(on));
      // The event begins while this session has the lock, and finds itself removed when it gets it.
      await on.database.session(async (connection) => {
        await connection.query("DO GET_LOCK('switcharoo.thaw', 1)");
        await sleep(3_200);
        await connection.query('SET sql_log_bin = 0');
        await connection.query('DROP EVENT mysql.switcharoo_thaw');
        await connection.query("DO RELEASE_LOCK('switcharoo.thaw')");
      });
      await on.session.writer.checkThawed(signal);
      expect(await isFrozen()).toBe(true);
    });

    test('a thaw that has looked at itself is waited for, and then the freeze has ended', async () => {
      await run(freezing(on, 9));
      // As the event does: it has the lock, has found itself, and is about to thaw.
      await on.database.session(async (connection) => {
        await connection.query("DO GET_LOCK('switcharoo.thaw', 1)");
        const disarming = on.session.writer.disarmThaw(signal);
        const refused = expect(disarming).rejects.toMatchObject({
          problem: {code: 'mysql-freeze-ended-itself'},
        });
        await sleep(300);
        await connection.query('SET GLOBAL read_only = OFF');
        await connection.query("DO RELEASE_LOCK('switcharoo.thaw')");
        await refused;
      });
      await expect(on.session.writer.checkThawed(signal)).rejects.toMatchObject({
        problem: {code: 'mysql-freeze-ended-itself'},
      });
    });

    test('reversed, it leaves no event, also where it was armed twice or only armed', async () => {
      await on.session.writer.armThaw(9, signal);
      const {before} = await run(freezing(on));
      expect(await reverse(freezing(on), before)).toMatchObject({kind: 'pending', before});
      expect(await isFrozen()).toBe(false);
      await on.session.writer.armThaw(9, signal);
      await reverse(freezing(on), before);
      expect(await hasThaw(on.session.reader, signal)).toBe(false);
    });

    test('without the event scheduler it is refused', async () => {
      await on.database.query('SET GLOBAL event_scheduler = OFF');
      expect(await settled(freezing(on))).toMatchObject({
        kind: 'blocked',
        reason: 'db1 cannot end a freeze by itself: event_scheduler is OFF.',
      });
      expect(await settled(readying(on, 3))).toMatchObject({
        kind: 'blocked',
        reason: 'db1 cannot end a freeze by itself: event_scheduler is OFF.',
      });
      expect(await settled(readying(on, null))).toMatchObject({kind: 'done'});
    });
  },
  {kinds: [old, mariadb]},
);

describeEachServer(
  'a freeze that cannot end itself',
  (on) => {
    test('is refused under super_read_only', async () => {
      expect(await settled(freezing(on))).toMatchObject({
        kind: 'blocked',
        reason: expect.stringContaining('its events do not run under super_read_only'),
      });
      expect(await settled(readying(on, 3))).toMatchObject({kind: 'blocked'});
    });
  },
  {kinds: [current]},
);
