import {setTimeout as sleep} from 'node:timers/promises';
import mysql from 'mysql2/promise';
import {lawsOfStep} from 'switcharoo/testing';
import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import type {Position} from '../../../lab/mysql/seed.ts';
import type {LabDatabase} from '../../../lab/mysql/server.ts';
import type {Brand} from '../../../lab/mysql/server-program.ts';
import {createShop} from '../../../lab/mysql/shop-schema.ts';
import {statementsOf} from '../../../lab/mysql/statements.ts';
import {freezeWrites} from '../../../steps/mysql/freeze-writes.ts';
import {stillFrozen} from '../../../steps/mysql/still-frozen.ts';
import {passwords} from '../../lab/mysql/databases.ts';
import {describeEachServer, type TriedServer} from './each-server.ts';
import {
  betweenTwoWrites,
  lookOf,
  type Placed,
  performAll,
  reverse,
  run,
  settled,
} from './placed-unit.ts';
import {commit, pictureOf, sessionText} from './real-servers.ts';

const insert = "INSERT INTO shop.orders (token) VALUES ('tried')";

// An account that read_only alone does not bind, with the same password as the application's.
const dbaGrant: Readonly<Record<Brand, string>> = {
  'mysql-5.6': 'SELECT, INSERT, SUPER ON *.*',
  mariadb: 'SELECT, INSERT, SUPER, READ_ONLY ADMIN ON *.*',
  mysql: 'SELECT, INSERT, SUPER, CONNECTION_ADMIN ON *.*',
};

async function addDba({database}: TriedServer): Promise<void> {
  await createShop(database);
  await database.session(async (connection) => {
    await connection.query('SET sql_log_bin = 0');
    await connection.query("CREATE USER dba@'127.0.0.1' IDENTIFIED BY ?", [passwords.shop]);
    await connection.query(`GRANT ${dbaGrant[database.brand]} TO dba@'127.0.0.1'`);
  });
}

describeEachServer(
  'a freeze',
  (on) => {
    const hasSuperReadOnly = on.kind.name === 'MySQL 9';
    const closing: (() => unknown)[] = [];
    const freeze = (input: object = {}): Placed => ({
      ...{id: 'freeze', unit: freezeWrites, input},
      on: {source: on.session},
    });
    const client = async (user: 'shop' | 'dba' = 'shop') => {
      const connection = await connectAs(on.database, user);
      closing.push(async () => {
        connection.destroy();
        await untilEnded(connection.threadId);
      });
      return connection;
    };
    /** What a session holds, it holds until the server notices that it has ended. */
    const untilEnded = (session: number) =>
      vi.waitFor(async () => {
        const sql = 'SELECT ID AS id FROM information_schema.PROCESSLIST WHERE ID = ?';
        expect(await on.database.query(sql, [session])).toEqual([]);
      });
    const writers = (count: number, user: 'shop' | 'dba') => {
      const all = Array.from({length: count}, () => startWriter(on.database, user));
      closing.push(() => Promise.all(all.map((one) => one.stop())));
      return {
        written: () => all.reduce((sum, one) => sum + one.written(), 0),
        /** Until one more was acknowledged, which takes two: the first may have begun earlier. */
        writing: async () => {
          for (const one of all) {
            await one.acknowledged(2);
          }
        },
      };
    };
    /** Freezes, keeps clients writing for a while, and reads the log: it may contain nothing after the position. */
    const holds = async (input: object = {}) => {
      const {output, before} = await run(freeze(input));
      await sleep(300);
      expect(await changesAfter(on.database, output)).toEqual([]);
      return {position: output as Position, before};
    };
    const accountsOf = () =>
      on.database.query('SELECT user AS user, host AS host FROM mysql.user ORDER BY user, host');

    beforeEach(() => begin(on.database));
    afterEach(async () => {
      for (const close of closing.splice(0)) {
        await close();
      }
    });

    test('refuses the commit of an open transaction', async () => {
      const [open, idle] = [await client(), await client()];
      await open.query('START TRANSACTION');
      await open.query(insert);
      await holds();
      expect([await commit(open), await commit(idle)]).toEqual([
        'not acknowledged',
        'not acknowledged',
      ]);
      await expect((await client()).query(insert)).rejects.toMatchObject({errno: 1290});
    });

    test('is blocked by a prepared XA transaction, and ends one that is not prepared', async () => {
      const prepared = await client();
      for (const step of ["XA START 'one'", insert, "XA END 'one'", "XA PREPARE 'one'"]) {
        await prepared.query(step);
      }
      expect(await settled(freeze())).toMatchObject({
        kind: 'blocked',
        reason:
          'Writes on db1 cannot be frozen: 1 XA transactions are prepared (XA RECOVER), and read_only does not block them.',
      });
      await prepared.query("XA ROLLBACK 'one'");
      for (const step of ["XA START 'two'", insert, "XA END 'two'"]) {
        await prepared.query(step);
      }
      await holds();
      await expect(prepared.query("XA PREPARE 'two'")).rejects.toThrow();
      expect(await on.database.query('XA RECOVER')).toEqual([]);
    });

    test('is blocked by LOCK TABLES, and names the session that holds it', async () => {
      const holder = await client();
      await holder.query('LOCK TABLES shop.orders WRITE');
      const who = `${sessionText(holder)} holds LOCK TABLES on shop.orders.`;
      expect(await settled(freeze())).toMatchObject({
        kind: 'blocked',
        reason: `Writes on db1 cannot be frozen: ${who}`,
      });
      // Taken right after the check, it makes the freeze fail within its time limit.
      const {message} = await tooLate(freeze({lockWaitSeconds: 1}));
      expect(message).toBe(
        `db1 did not get its lock for read_only within 1 s, and accepts writes as before: ${who}`,
      );
      await holder.query(insert);
    });

    test('fails within its time limit behind a long UPDATE, and names its session', async () => {
      const updating = await client();
      const update = updating.query('UPDATE shop.orders SET side = SLEEP(20) WHERE id = 1');
      update.catch(() => {});
      await untilChanging(on.database, updating.threadId);
      const who = sessionText(updating);
      const {message} = await tooLate(freeze({lockWaitSeconds: 1}));
      await on.database.query('KILL ?', [updating.threadId]);
      expect(message).toMatch(
        new RegExp(
          `^db1 did not get its lock for read_only within 1 s, and accepts writes as before: ${who} has `,
        ),
      );
      await (await client()).query(insert);
    });

    test('stops accounts that read_only does not bind, and restores them exactly', async () => {
      const dba = writers(2, 'dba');
      await dba.writing();
      const [accounts, grants] = [await accountsOf(), await grantsOf(on.database, 'dba')];
      const plan = await freezeWrites.plan(lookOf(freeze()), undefined as never);
      expect(plan.map(({does}) => does)).toEqual([
        'set event_scheduler = OFF',
        ...(hasSuperReadOnly
          ? [
              'set super_read_only = ON, waiting at most 2 s for locks',
              'persist super_read_only = ON for the next restart',
            ]
          : [
              'lock the accounts that read_only does not bind or that lockUsers names: dba@127.0.0.1',
              'set read_only = ON, waiting at most 2 s for locks (still able to write: root@localhost, switcharoo@%)',
            ]),
        'end all client sessions',
      ]);
      const {position, before} = await holds();
      await sleep(300);
      expect(await changesAfter(on.database, position)).toEqual([]);
      expect(await reverse(freeze(), before)).toMatchObject({kind: 'pending', before});
      await dba.writing();
      expect([await accountsOf(), await grantsOf(on.database, 'dba')]).toEqual([accounts, grants]);
    });

    test.skipIf(on.kind.name === 'MySQL 5.6')(
      'stops accounts that bypass read_only through a role, also a mandatory one',
      async () => {
        const dba = writers(1, 'dba');
        await byRole(on.database, true);
        await dba.writing();
        const locks = async () =>
          (await freezeWrites.plan(lookOf(freeze()), undefined as never))
            .map(({does}) => does)
            .filter((does) => does.startsWith('lock'));
        const words = 'lock the accounts that read_only does not bind or that lockUsers names';
        expect(await locks()).toEqual(hasSuperReadOnly ? [] : [`${words}: dba@127.0.0.1`]);
        const {position, before} = await holds();
        expect(await changesAfter(on.database, position)).toEqual([]);
        expect(await reverse(freeze(), before)).toMatchObject({kind: 'pending', before});
        await dba.writing();
        await forEverybody(on.database, true);
        expect(await locks()).toEqual(
          hasSuperReadOnly ? [] : [`${words}: dba@127.0.0.1, repl@%, shop@%`],
        );
        await forEverybody(on.database, false);
        await byRole(on.database, false);
      },
    );

    test('names the session that still writes, when its account is kept or cannot be locked', async () => {
      const {before} = await run(freeze());
      const over = new AbortController();
      const writing = on.database.session(async (connection) => {
        while (!over.signal.aborted) {
          // root on the machine itself; super_read_only binds it, too.
          await connection.query('INSERT INTO shop.digests (orders) VALUES (1)').catch(() => {});
          await sleep(5);
        }
      });
      await sleep(50);
      const verdict = await betweenTwoWrites(freeze());
      over.abort();
      await writing;
      expect(verdict).toMatchObject(
        hasSuperReadOnly
          ? {kind: 'done'}
          : {
              kind: 'waiting',
              progress: expect.stringMatching(
                /^db1 refuses writes, but its position moved from .* to .*: session \d+ of root@localhost is not bound by read_only$/,
              ),
            },
      );
      await reverse(freeze(), before);
    });

    test('stops events of an account that read_only does not bind, before and while they run', async () => {
      await on.database.session(async (connection) => {
        await connection.query('USE shop');
        await connection.query(`CREATE EVENT each_second ON SCHEDULE EVERY 1 SECOND DO ${insert}`);
        await connection.query(`CREATE EVENT for_long ON SCHEDULE AT NOW() + INTERVAL 1 SECOND DO BEGIN
          DECLARE times INT DEFAULT 0;
          WHILE times < 1000 DO ${insert}; DO SLEEP(0.02); SET times = times + 1; END WHILE; END`);
      });
      const {database} = on;
      await untilGrowing(database);
      const {position, before} = await holds();
      await sleep(1_200);
      expect(await changesAfter(database, position)).toEqual([]);
      expect(await reverse(freeze(), before)).toMatchObject({kind: 'pending', before});
      await untilGrowing(database);
      await database.query('DROP EVENT shop.each_second');
      await database.query('DROP EVENT IF EXISTS shop.for_long');
    });

    test('stops clients that reconnect at once, and a pool; all of them write again after the reversal', async () => {
      const shop = writers(3, 'shop');
      const pool = startPool(on.database);
      closing.push(() => pool.stop());
      await shop.writing();
      await pool.acknowledged(5);
      const {position, before} = await holds();
      const frozen = [shop.written(), pool.written()];
      await sleep(300);
      expect([shop.written(), pool.written()]).toEqual(frozen);
      expect(await changesAfter(on.database, position)).toEqual([]);
      expect(await reverse(freeze(), before)).toMatchObject({kind: 'pending', before});
      await shop.writing();
      await pool.acknowledged(5);
    });

    test('is blocked on a server that replicates', async () => {
      const words = statementsOf(on.database.brand);
      await on.database.query(words.follow, ['127.0.0.1', 1, 'none', 'mysql-bin.000001', 4]);
      await on.database.query(words.start);
      const verdict = await settled(freeze());
      await on.database.query(words.stop);
      await on.database.query(words.forget);
      expect(verdict).toMatchObject({
        kind: 'blocked',
        reason:
          'Writes on db1 cannot be frozen: it replicates from 127.0.0.1:1, and read_only does not stop that.',
      });
    });

    test('survives a restart where the server persists it; elsewhere locked accounts stay locked, and the restart is detected', async () => {
      const input = {lockUsers: ['shop']};
      const {position, before} = await holds(input);
      await on.database.restart();
      await expect(client()).rejects.toThrow();
      const still: Placed = {
        ...{id: 'still', unit: stillFrozen, input: {position}},
        on: {source: on.session},
      };
      expect(await settled(still)).toMatchObject(
        hasSuperReadOnly
          ? {kind: 'done'}
          : {
              kind: 'blocked',
              reason: `db1 accepts writes again (read_only = OFF), and was frozen at ${position.file}:${position.position}.`,
            },
      );
      expect(await changesAfter(on.database, position)).toEqual([]);
      expect(await reverse(freeze(input), before)).toMatchObject({
        kind: 'pending',
        before: {accounts: before && (before as {accounts: unknown}).accounts},
      });
      await (await client()).query(insert);
    });

    test('tolerates a log rotation', async () => {
      const {position} = await holds();
      await on.database.query('FLUSH LOGS');
      const still: Placed = {
        ...{id: 'still', unit: stillFrozen, input: {position}},
        on: {source: on.session},
      };
      expect(await settled(still)).toEqual({kind: 'done', output: {}});
      expect((await freezeWrites.check(lookOf(freeze(), true))).kind).toBe('done');
    });

    let open: mysql.Connection;
    lawsOfStep({
      step: freezeWrites,
      input: {lockWaitSeconds: 1, lockUsers: ['shop']},
      world: async () => {
        await begin(on.database);
        open = await client();
        await open.query('START TRANSACTION');
        await open.query(insert);
        return {
          sessions: {source: on.session},
          picture: async () => ({
            server: await pictureOf(on.database),
            kept: await on.session.reader.persistedFence(),
            accounts: await on.session.reader.accounts(),
          }),
          close: async () => open.destroy(),
        };
      },
      blockedWorld: async () => {
        await begin(on.database);
        await on.database.query('SET GLOBAL read_only = ON');
        return {sessions: {source: on.session}, picture: async () => null};
      },
      // The ended client's transaction does not come back by a reversal.
      comparable: (seen) => JSON.parse(JSON.stringify(seen).replaceAll('"open":1', '"open":0')),
    });
  },
  {prepare: addDba},
);

/** The account `dba` has its privileges by a role within a role, or has them itself. */
async function byRole(database: LabDatabase, isSo: boolean): Promise<void> {
  const grant = dbaGrant[database.brand];
  const [role, outer] = ['staff', 'leads'];
  const dba = "dba@'127.0.0.1'";
  const statements = isSo
    ? [
        ...[`CREATE ROLE ${role}`, `CREATE ROLE ${outer}`, `GRANT ${grant} TO ${role}`],
        ...[`GRANT ${role} TO ${outer}`, `GRANT ${outer} TO ${dba}`],
        `REVOKE ${grant.replace('SELECT, INSERT, ', '')} FROM ${dba}`,
        database.brand === 'mariadb'
          ? `SET DEFAULT ROLE ${outer} FOR ${dba}`
          : `SET DEFAULT ROLE ${outer} TO ${dba}`,
      ]
    : [`DROP ROLE ${outer}`, `DROP ROLE ${role}`, `GRANT ${grant} TO ${dba}`];
  await unlogged(database, statements);
}

async function forEverybody(database: LabDatabase, isSo: boolean): Promise<void> {
  const maria = isSo ? 'GRANT READ ONLY ADMIN ON *.* TO PUBLIC' : 'REVOKE ALL ON *.* FROM PUBLIC';
  const mysql = `SET GLOBAL mandatory_roles = '${isSo ? 'staff' : ''}'`;
  await unlogged(database, [database.brand === 'mariadb' ? maria : mysql]);
}

async function unlogged(database: LabDatabase, statements: readonly string[]): Promise<void> {
  await database.session(async (connection) => {
    for (const statement of ['SET sql_log_bin = 0', ...statements]) {
      await connection.query(statement);
    }
  });
}

/** As if nobody had ever frozen it. */
async function begin(database: LabDatabase): Promise<void> {
  await database.query('SET GLOBAL read_only = OFF');
  await database.query('SET GLOBAL event_scheduler = ON');
  if (database.brand === 'mysql') {
    await database.query('RESET PERSIST');
  }
  await database.session(async (connection) => {
    await connection.query('SET sql_log_bin = 0');
    for (const [user, host] of [
      ['shop', '%'],
      ['dba', '127.0.0.1'],
    ]) {
      if (database.brand !== 'mysql-5.6') {
        await connection.query('ALTER USER ?@? ACCOUNT UNLOCK', [user, host]);
        continue;
      }
      const [rows] = await connection.query('SELECT host FROM mysql.user WHERE user = ?', [user]);
      for (const {host: found} of rows as {host: string}[]) {
        if (found !== host) {
          await connection.query('RENAME USER ?@? TO ?@?', [user, found, user, host]);
        }
      }
    }
  });
}

/**
 * Everything in the binary logs after a position but what no server replicates: read as it stands, by nobody's rules.
 */
async function changesAfter(database: LabDatabase, {file, position}: Position) {
  const logs = (await database.query('SHOW BINARY LOGS')).map((row) => String(row['Log_name']));
  const changes: unknown[] = [];
  for (const log of logs.slice(logs.indexOf(file))) {
    const from = log === file ? ` FROM ${position}` : '';
    for (const {Event_type: type, Info: info} of await database.query(
      `SHOW BINLOG EVENTS IN '${log}'${from}`,
    )) {
      if (!housekeeping.test(String(type))) {
        changes.push([type, info]);
      }
    }
  }
  return changes;
}
const housekeeping =
  /^(Format_desc|Previous_gtids|Rotate|Stop|Gtid_list|Binlog_checkpoint|Start_encryption)$/;

async function connectAs({port}: LabDatabase, user: 'shop' | 'dba'): Promise<mysql.Connection> {
  const connection = await mysql.createConnection(loginAs(port, user));
  connection.on('error', () => {});
  return connection;
}

const loginAs = (port: number, user: 'shop' | 'dba') => ({
  ...{host: '127.0.0.1', port, user, password: passwords.shop},
  connectTimeout: 2_000,
});

/** Writes by autocommit, and connects again at once whenever it is thrown out. */
function startWriter(database: LabDatabase, user: 'shop' | 'dba') {
  return startWriting(async (state) => {
    state.connection ??= await connectAs(database, user);
    try {
      await state.connection.query({sql: insert, timeout: 2_000});
    } catch (cause) {
      state.connection.destroy();
      delete state.connection;
      throw cause;
    }
  });
}

function startPool(database: LabDatabase) {
  const pool = mysql.createPool({...loginAs(database.port, 'shop'), connectionLimit: 4});
  pool.on('connection', (connection) => connection.on('error', () => {}));
  return startWriting(
    () => pool.query({sql: insert, timeout: 2_000}),
    async () => pool.end().catch(() => {}),
  );
}

function startWriting(
  write: (state: {connection?: mysql.Connection}) => Promise<unknown>,
  end: () => Promise<unknown> = async () => {},
) {
  const over = new AbortController();
  const state: {connection?: mysql.Connection} = {};
  let written = 0;
  const all = (async () => {
    while (!over.signal.aborted) {
      await write(state).then(
        () => {
          written += 1;
        },
        () => sleep(5),
      );
    }
    state.connection?.destroy();
    await end();
  })();
  return {
    written: () => written,
    acknowledged: async (more: number) => {
      for (const wanted = written + more; written < wanted; ) {
        await sleep(5);
      }
    },
    stop: async () => {
      over.abort();
      await all;
    },
  };
}

/** Performs the freeze past its own look, and undoes it as the engine does; gives what it said. */
async function tooLate(freeze: Placed): Promise<Error> {
  const before = {
    ...{readOnly: false, eventScheduler: 'ON', accounts: []},
    superReadOnly: null,
    persisted: await freeze.on['source']?.reader.persistedFence(),
  };
  const actions = await freezeWrites.plan(lookOf(freeze), undefined as never);
  const thrown = await performAll(
    freeze,
    actions.filter(({does}) => !does.startsWith('lock')),
  ).then(
    () => new Error('it was frozen'),
    (cause: Error) => cause,
  );
  await reverse(freeze, before);
  return thrown;
}

async function untilChanging(database: LabDatabase, id: number): Promise<void> {
  const sql = "SELECT 1 FROM information_schema.processlist WHERE id = ? AND state LIKE '%sleep%'";
  while ((await database.query(sql, [id])).length === 0) {
    await sleep(20);
  }
}

async function untilGrowing(database: LabDatabase): Promise<void> {
  const count = async () =>
    Number((await database.query('SELECT COUNT(*) AS orders FROM shop.orders'))[0]?.['orders']);
  for (const begun = await count(); (await count()) < begun + 2; ) {
    await sleep(20);
  }
}

async function grantsOf(database: LabDatabase, user: string) {
  return database.query("SHOW GRANTS FOR ?@'127.0.0.1'", [user]);
}
