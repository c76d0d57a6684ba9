import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, test} from 'vitest';
import {mysqlChecks} from '../../../steps/mysql/checks/catalogue.ts';
import {factsOf} from '../../../steps/mysql/checks/facts.ts';
import {mysqlServer} from '../../../steps/mysql/target.ts';
import {encryptingKinds} from '../../lab/mysql/encrypting-kinds.ts';
import type {ServerKind} from '../../lab/mysql/server-kinds.ts';
import {describeEachServer, type TriedServer} from './each-server.ts';

type Name = ServerKind['name'];

/** A fault, planted by root in one session; the check reports it, and reports nothing before and afterwards. */
interface Fault {
  readonly check: string;
  /** The servers that can have it; without it, all. */
  readonly on?: readonly Name[];
  readonly plant: (kind: Name) => readonly string[];
  readonly undo: readonly string[];
  readonly expected: string | ((kind: Name) => string);
}

const elsewhere = mkdtempSync(join(tmpdir(), 'switcharoo-elsewhere-'));
afterAll(() => rmSync(elsewhere, {recursive: true}));

const [old, mariadb, current] = ['MySQL 5.6', 'MariaDB 10.11', 'MySQL 9'] as const;

const faults: readonly Fault[] = [
  {
    check: 'binary-log-not-row',
    on: [old, mariadb],
    plant: () => ["SET GLOBAL binlog_format = 'STATEMENT'"],
    undo: ["SET GLOBAL binlog_format = 'ROW'"],
    expected: 'db1 has binlog_format = STATEMENT, not ROW',
  },
  {
    check: 'row-image-not-full',
    plant: () => ["SET GLOBAL binlog_row_image = 'MINIMAL'"],
    undo: ["SET GLOBAL binlog_row_image = 'FULL'"],
    expected: 'db1 has binlog_row_image = MINIMAL, not FULL',
  },
  {
    check: 'partial-json',
    on: [current],
    plant: () => ["SET GLOBAL binlog_row_value_options = 'PARTIAL_JSON'"],
    undo: ["SET GLOBAL binlog_row_value_options = ''"],
    expected: 'db1 has binlog_row_value_options = PARTIAL_JSON',
  },
  {
    check: 'binary-log-compressed',
    on: [current],
    plant: () => ['SET GLOBAL binlog_transaction_compression = ON'],
    undo: ['SET GLOBAL binlog_transaction_compression = OFF'],
    expected: 'db1 has binlog_transaction_compression = ON',
  },
  {
    check: 'binary-log-compressed',
    on: [mariadb],
    plant: () => ['SET GLOBAL log_bin_compress = ON'],
    undo: ['SET GLOBAL log_bin_compress = OFF'],
    expected: 'db1 has log_bin_compress = ON',
  },
  {
    // MySQL 5.6 counts in whole days, and cannot have less than one.
    check: 'binary-log-retention-short',
    on: [mariadb, current],
    plant: () => ['SET GLOBAL binlog_expire_logs_seconds = 5400'],
    undo: ['SET GLOBAL binlog_expire_logs_seconds = 604800'],
    expected: 'db1 purges its binary logs after 1.5 h, and replication needs 24 h or more',
  },
  {
    check: 'server-id-zero',
    on: [old, current],
    plant: () => ['SET GLOBAL server_id = 0'],
    undo: ['SET GLOBAL server_id = 1'],
    expected: 'db1 has server_id = 0, so no server can replicate from it',
  },
  {
    check: 'not-innodb',
    plant: () => ['CREATE TABLE odd.notes (id INT PRIMARY KEY) ENGINE = MyISAM'],
    undo: ['DROP TABLE odd.notes'],
    expected: '1 table of db1 is not InnoDB: odd.notes (MyISAM)',
  },
  {
    check: 'no-primary-key',
    plant: () => ['CREATE TABLE odd.a (id INT)', 'CREATE TABLE odd.b (id INT UNIQUE)'],
    undo: ['DROP TABLE odd.a, odd.b'],
    expected: '2 tables of db1 have no primary key: odd.a, odd.b',
  },
  {
    check: 'compressed-or-encrypted',
    plant: () => ['CREATE TABLE odd.small (id INT PRIMARY KEY) ENGINE = InnoDB KEY_BLOCK_SIZE = 8'],
    undo: ['DROP TABLE odd.small'],
    expected: (kind) =>
      `1 table of db1 is compressed or encrypted: odd.small (${kind === mariadb ? 'key_block_size=8' : 'KEY_BLOCK_SIZE=8'})`,
  },
  {
    check: 'row-format-fixed',
    on: [old],
    plant: () => ['CREATE TABLE odd.wide (id INT PRIMARY KEY) ENGINE = InnoDB ROW_FORMAT = FIXED'],
    undo: ['DROP TABLE odd.wide'],
    expected: '1 table of db1 has ROW_FORMAT = FIXED: odd.wide',
  },
  {
    check: 'data-directory-used',
    on: [old],
    plant: () => [
      `CREATE TABLE odd.far (id INT PRIMARY KEY) ENGINE = InnoDB DATA DIRECTORY = '${elsewhere}'`,
    ],
    undo: ['DROP TABLE odd.far'],
    expected: `1 file of tables of db1 is in a directory of its own: ${elsewhere}/odd/far.ibd`,
  },
  {
    check: 'mariadb-only-features',
    on: [mariadb],
    plant: () => [
      'CREATE SEQUENCE odd.numbers',
      'CREATE TABLE odd.past (id INT PRIMARY KEY) WITH SYSTEM VERSIONING',
      'CREATE TABLE odd.keys (id UUID PRIMARY KEY)',
    ],
    undo: ['DROP SEQUENCE odd.numbers', 'DROP TABLE odd.past, odd.keys'],
    expected:
      '3 tables or columns of db1 use features of MariaDB only: odd.numbers (sequence), odd.past (system versioned), odd.keys.id (uuid)',
  },
  {
    check: 'fulltext-or-spatial',
    plant: () => ['CREATE TABLE odd.texts (id INT PRIMARY KEY, t TEXT, FULLTEXT words (t))'],
    undo: ['DROP TABLE odd.texts'],
    expected: '1 index of db1 is fulltext or spatial: odd.texts.words (FULLTEXT)',
  },
  {
    check: 'fulltext-or-spatial',
    plant: (kind) => [
      // InnoDB has had them since MySQL 5.7.
      `CREATE TABLE odd.places (id INT PRIMARY KEY, p POINT NOT NULL, SPATIAL INDEX spots (p)) ENGINE = ${kind === old ? 'MyISAM' : 'InnoDB'}`,
    ],
    undo: ['DROP TABLE odd.places'],
    expected: '1 index of db1 is fulltext or spatial: odd.places.spots (SPATIAL)',
  },
  {
    check: 'schema-named-tmp',
    plant: () => ['CREATE DATABASE tmp'],
    undo: ['DROP DATABASE tmp'],
    expected: 'db1 has a schema tmp',
  },
  {
    check: 'zero-date-default',
    plant: () => [
      "SET sql_mode = ''",
      "CREATE TABLE odd.days (id INT PRIMARY KEY, d DATE NOT NULL DEFAULT '0000-00-00', at DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00', e DATE NOT NULL DEFAULT '2012-00-01', f DATE NOT NULL DEFAULT '2012-10-01')",
    ],
    undo: ['DROP TABLE odd.days'],
    expected: '3 columns of db1 have a zero date as default: odd.days.d, odd.days.at, odd.days.e',
  },
  {
    check: 'auto-increment-nearly-full',
    plant: () => [
      'CREATE TABLE odd.few (id TINYINT AUTO_INCREMENT PRIMARY KEY)',
      'INSERT INTO odd.few VALUES (110)',
      'CREATE TABLE odd.many (id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY)',
      'INSERT INTO odd.many VALUES (2147483647)',
    ],
    undo: ['DROP TABLE odd.few, odd.many'],
    expected: (kind) =>
      `1 AUTO_INCREMENT column of db1 is nearly full: odd.few.id (${kind === current ? 'tinyint' : 'tinyint(4)'}, 87 % used)`,
  },
  {
    check: 'foreign-key-without-unique-parent',
    plant: (kind) => [
      ...(kind === current ? ['SET restrict_fk_on_non_standard_key = OFF'] : []),
      'CREATE TABLE odd.parent (id INT PRIMARY KEY, code INT, KEY (code))',
      'CREATE TABLE odd.child (id INT PRIMARY KEY, code INT, CONSTRAINT loose FOREIGN KEY (code) REFERENCES odd.parent (code))',
    ],
    undo: ['DROP TABLE odd.child', 'DROP TABLE odd.parent'],
    expected:
      '1 foreign key of db1 references columns that are not unique: odd.child.loose to parent',
  },
  {
    check: 'definer-missing',
    plant: () => [
      "CREATE DEFINER = 'gone'@'10.0.0.1' VIEW odd.seen AS SELECT 1 AS one",
      "CREATE DEFINER = 'gone'@'10.0.0.1' PROCEDURE odd.doing() DO 1",
    ],
    undo: ['DROP VIEW odd.seen', 'DROP PROCEDURE odd.doing'],
    expected:
      '2 objects of db1 have definers that do not exist: procedure odd.doing (gone@10.0.0.1), view odd.seen (gone@10.0.0.1)',
  },
  {
    check: 'events-enabled',
    plant: () => ['CREATE EVENT odd.nightly ON SCHEDULE EVERY 1 DAY DO DO 1'],
    undo: ['DROP EVENT odd.nightly'],
    expected: '1 event of db1 is enabled: odd.nightly (root@localhost)',
  },
  {
    check: 'loadable-functions',
    plant: () => ["INSERT INTO mysql.func VALUES ('metaphon', 0, 'udf_example.so', 'function')"],
    undo: ["DELETE FROM mysql.func WHERE name = 'metaphon'"],
    expected: '1 function of db1 comes from a shared library: metaphon (udf_example.so)',
  },
  {
    check: 'account-privileges-missing',
    plant: () => ["REVOKE EVENT, TRIGGER ON *.* FROM 'switcharoo'@'%'"],
    undo: ["GRANT EVENT, TRIGGER ON *.* TO 'switcharoo'@'%'"],
    expected: 'the account switcharoo lacks 2 privileges on db1: EVENT, TRIGGER',
  },
  {
    check: 'account-privileges-missing',
    on: [mariadb, current],
    plant: () => [
      'CREATE ROLE seer',
      'GRANT EVENT, TRIGGER ON *.* TO seer',
      "GRANT seer TO 'switcharoo'@'%'",
      "REVOKE EVENT, TRIGGER, PROCESS ON *.* FROM 'switcharoo'@'%'",
    ],
    undo: ["GRANT EVENT, TRIGGER, PROCESS ON *.* TO 'switcharoo'@'%'", 'DROP ROLE seer'],
    expected:
      'the account switcharoo lacks 3 privileges on db1: EVENT (the role seer has it, but is not set at login), TRIGGER (the role seer has it, but is not set at login), PROCESS',
  },
  {
    // Where the freeze sets super_read_only, no account bypasses it.
    check: 'read-only-bypass',
    on: [old, mariadb],
    plant: (kind) => [
      "CREATE USER 'backup'@'10.0.0.%'",
      `GRANT ${kind === old ? 'SUPER' : 'READ ONLY ADMIN'} ON *.* TO 'backup'@'10.0.0.%'`,
    ],
    undo: ["DROP USER 'backup'@'10.0.0.%'"],
    expected: 'db1 has 1 account that bypasses read_only: backup@10.0.0.%',
  },
  {
    check: 'read-only-bypass',
    on: [mariadb],
    plant: () => [
      'CREATE ROLE night',
      'GRANT READ ONLY ADMIN ON *.* TO night',
      "CREATE USER 'batch'@'10.0.0.%'",
      "GRANT night TO 'batch'@'10.0.0.%'",
    ],
    undo: ["DROP USER 'batch'@'10.0.0.%'", 'DROP ROLE night'],
    expected: 'db1 has 1 account that bypasses read_only: batch@10.0.0.%',
  },
  {
    check: 'procedures-bypass-read-only',
    on: [old, mariadb],
    plant: (kind) => [
      'CREATE DATABASE bosses',
      "CREATE USER 'boss'@'10.0.0.%'",
      `GRANT ${kind === old ? 'SUPER' : 'READ ONLY ADMIN'} ON *.* TO 'boss'@'10.0.0.%'`,
      ...(kind === old ? [] : ["ALTER USER 'boss'@'10.0.0.%' ACCOUNT LOCK"]),
      "CREATE DEFINER = 'boss'@'10.0.0.%' PROCEDURE bosses.tidy() DO 1",
      "CREATE DEFINER = 'boss'@'10.0.0.%' PROCEDURE bosses.own() SQL SECURITY INVOKER DO 1",
      "CREATE DEFINER = 'boss'@'10.0.0.%' FUNCTION bosses.one() RETURNS INT DETERMINISTIC RETURN 1",
    ],
    undo: ['DROP DATABASE bosses', "DROP USER 'boss'@'10.0.0.%'"],
    expected: 'db1 has 1 procedure that bypasses read_only: procedure bosses.tidy (boss@10.0.0.%)',
  },
  {
    check: 'old-password-hash',
    on: [old],
    plant: () => [
      "CREATE USER 'veteran'@'%'",
      "UPDATE mysql.user SET plugin = 'mysql_old_password', password = '6f8c114b58f2ce9e' WHERE user = 'veteran'",
    ],
    undo: ["DELETE FROM mysql.user WHERE user = 'veteran'", 'FLUSH PRIVILEGES'],
    expected: '1 account of db1 has an old password hash: veteran@%',
  },
  {
    check: 'old-password-hash',
    on: [mariadb],
    plant: () => [
      "CREATE USER 'veteran'@'%' IDENTIFIED VIA mysql_old_password USING '6f8c114b58f2ce9e'",
    ],
    undo: ["DROP USER 'veteran'@'%'"],
    expected: '1 account of db1 has an old password hash: veteran@%',
  },
];

const prepare = async ({database}: TriedServer) => {
  await database.query('CREATE DATABASE odd');
};

describeEachServer(
  'a check finds its fault, and nothing where there is none',
  (on) => {
    const possible = faults.filter((fault) => fault.on?.includes(on.kind.name) ?? true);
    test.each(possible)('its $check', async ({check, plant, undo, expected}) => {
      expect(await seen(on, check)).toEqual([]);
      await run(on, plant(on.kind.name));
      const findings = await seen(on, check);
      await run(on, undo);
      expect(findings).toEqual([typeof expected === 'string' ? expected : expected(on.kind.name)]);
      expect(await seen(on, check)).toEqual([]);
    });

    test.skipIf(on.kind.name === old)('a table that is expressly not encrypted', async () => {
      const option = on.kind.name === mariadb ? 'ENCRYPTED = NO' : "ENCRYPTION = 'N'";
      await on.database.query(`CREATE TABLE odd.plain (id INT PRIMARY KEY) ${option}`);
      expect(await seen(on, 'compressed-or-encrypted')).toEqual([]);
      await on.database.query('DROP TABLE odd.plain');
    });

    test.skipIf(on.kind.name === old)(
      'rights that come by a role that is set at login',
      async () => {
        const to = on.kind.name === mariadb ? 'FOR' : 'TO';
        await run(on, [
          'CREATE ROLE inside, seer',
          'GRANT EVENT ON *.* TO inside',
          'GRANT inside TO seer',
          'GRANT TRIGGER ON *.* TO seer',
          "CREATE USER 'helper'@'%' IDENTIFIED BY 'p'",
          "GRANT SELECT, SHOW VIEW, PROCESS, REPLICATION CLIENT ON *.* TO 'helper'@'%'",
          "GRANT seer TO 'helper'@'%'",
          `SET DEFAULT ROLE seer ${to} 'helper'@'%'`,
        ]);
        const config = {host: '127.0.0.1', port: on.database.port, user: 'helper', password: 'p'};
        const {signal} = new AbortController();
        const session = await mysqlServer.open(config, {name: 'db1', signal});
        const observed = await seen({...on, session}, 'account-privileges-missing').finally(
          session.close,
        );
        await run(on, ["DROP USER 'helper'@'%'", 'DROP ROLE inside, seer']);
        expect(observed).toEqual([]);
      },
    );

    test('a server that was built without SHA2', async () => {
      expect(await seen(on, 'hash-function-missing')).toEqual([]);
      const {reader} = on.session;
      const query: typeof reader.query = (sql, ...rest) =>
        reader.query(sql.replace("SHA2('x', 256)", 'NULL'), ...rest);
      const session = {...on.session, reader: {...reader, query}};
      expect(await seen({...on, session}, 'hash-function-missing')).toEqual([
        "db1 cannot compute SHA2('x', 256)",
      ]);
    });

    test('stored objects that use files of the server', async () => {
      expect(await seen(on, 'server-file-access')).toEqual([]);
      await run(on, [
        "CREATE PROCEDURE odd.dump() SELECT 1 INTO OUTFILE '/tmp/nowhere/one'",
        "CREATE PROCEDURE odd.talk() BEGIN /* LOAD_FILE('x') */ SELECT 'INTO OUTFILE'; END",
        "CREATE VIEW odd.note AS SELECT LOAD_FILE('/tmp/nowhere/two') AS two",
      ]);
      const observed = await seen(on, 'server-file-access');
      await run(on, ['DROP PROCEDURE odd.dump', 'DROP PROCEDURE odd.talk', 'DROP VIEW odd.note']);
      expect(observed).toEqual([
        '2 statements of db1 use the files of the server: procedure odd.dump (INTO OUTFILE), view odd.note (LOAD_FILE())',
      ]);
      expect(await seen(on, 'server-file-access')).toEqual([]);
    });

    describe('sessions', () => {
      test('clients are counted by account and host', async () => {
        // A session that was closed here is there for another moment.
        await expect.poll(() => seen(on, 'clients')).toEqual([]);
        const clients = [await on.connect('shop'), await on.connect('shop')];
        expect(await seen(on, 'clients')).toEqual(['db1 has 1 client: shop@127.0.0.1 (2)']);
        await Promise.all(clients.map((client) => client.end()));
      });

      test.runIf(on.kind.name === old)('a transaction that is open for long', async () => {
        await on.database.query('CREATE TABLE odd.slow (id INT PRIMARY KEY) ENGINE = InnoDB');
        await on.database.session(async (client) => {
          await client.query('START TRANSACTION');
          await client.query('INSERT INTO odd.slow VALUES (1)');
          expect(await seen(on, 'long-transactions')).toEqual([]);
          await expect
            .poll(() => seen(on, 'long-transactions'), {interval: 500})
            .toEqual([
              expect.stringMatching(
                /^1 transaction on db1 has been open for more than 5 s: session \d+ of root@localhost \(\d+ s\)$/,
              ),
            ]);
        });
      });

      test('an XA transaction that is prepared, and that there was one', async () => {
        expect(await seen(on, 'prepared-transactions')).toEqual([]);
        expect(await seen(on, 'xa-transactions-in-use')).toEqual([]);
        await on.database.query('CREATE TABLE odd.xa (id INT PRIMARY KEY) ENGINE = InnoDB');
        await on.database.session(async (client) => {
          await client.query("XA START 'x'");
          await client.query('INSERT INTO odd.xa VALUES (1)');
          await client.query("XA END 'x'");
          await client.query("XA PREPARE 'x'");
          expect(await seen(on, 'prepared-transactions')).toEqual([
            'db1 has 1 prepared XA transaction',
          ]);
          await client.query("XA ROLLBACK 'x'");
        });
        expect(await seen(on, 'prepared-transactions')).toEqual([]);
        expect(await seen(on, 'xa-transactions-in-use')).toEqual([
          'db1 has prepared 1 XA transaction since it started',
        ]);
      });
    });
  },
  {prepare},
);

describeEachServer(
  'a server with keys',
  (on) => {
    test('tables that it encrypts, and one that it does not', async () => {
      const [yes, no] =
        on.kind.name === mariadb
          ? ['ENCRYPTED = YES', 'ENCRYPTED = NO']
          : ["ENCRYPTION = 'Y'", "ENCRYPTION = 'N'"];
      expect(await seen(on, 'compressed-or-encrypted')).toEqual([]);
      await run(on, [
        `CREATE TABLE odd.plain (id INT PRIMARY KEY) ${no}`,
        `CREATE TABLE odd.secret (id INT PRIMARY KEY) ${yes}`,
      ]);
      const observed = await seen(on, 'compressed-or-encrypted');
      await run(on, ['DROP TABLE odd.plain, odd.secret']);
      expect(observed).toEqual([
        `1 table of db1 is compressed or encrypted: odd.secret (${on.kind.name === mariadb ? "`ENCRYPTED`='YES'" : "ENCRYPTION='Y'"})`,
      ]);
      expect(await seen(on, 'compressed-or-encrypted')).toEqual([]);
    });

    test.runIf(on.kind.name === current)('a table of a schema that is encrypted', async () => {
      await run(on, [
        "CREATE DATABASE vault DEFAULT ENCRYPTION = 'Y'",
        'CREATE TABLE vault.letters (id INT PRIMARY KEY)',
      ]);
      const observed = await seen(on, 'compressed-or-encrypted');
      await run(on, ['DROP DATABASE vault']);
      expect(observed).toEqual([
        "1 table of db1 is compressed or encrypted: vault.letters (ENCRYPTION='Y')",
      ]);
    });
  },
  {prepare, kinds: encryptingKinds},
);

describeEachServer(
  'a server that keeps its performance_schema',
  (on) => {
    test('a client that was there and is gone', async () => {
      const before = await seen(on, 'past-clients');
      expect(before).not.toEqual([expect.stringContaining('shop')]);
      const client = await on.connect('shop');
      expect(await seen(on, 'past-clients')).toEqual(before);
      await client.end();
      await expect
        .poll(() => seen(on, 'past-clients'))
        .toEqual([expect.stringContaining('shop@127.0.0.1 (1)')]);
    });

    test('a client statement that uses files of the server', async () => {
      expect(await seen(on, 'server-file-access')).toEqual([]);
      await on.database.session(async (client) => {
        await client.query('CREATE TABLE odd.lines (id INT PRIMARY KEY)');
        await client.query('USE odd');
        await client
          .query("LOAD DATA INFILE '/tmp/nowhere/three' INTO TABLE `lines`")
          .catch(() => {});
      });
      expect(await seen(on, 'server-file-access')).toEqual([
        '1 statement of db1 uses the files of the server: in odd: LOAD DATA INFILE ? INTO TABLE `lines` (LOAD DATA INFILE)',
      ]);
    });
  },
  {prepare, settings: ['--performance-schema=ON']},
);

describeEachServer(
  'what only a restart changes',
  (on) => {
    test('a schema that is not logged', async () => {
      expect(await seen(on, 'binary-log-filtered')).toEqual(['db1 does not log the schemas audit']);
    });

    test('a replica that does not pass on what it replicates', async () => {
      expect(await seen(on, 'log-slave-updates-off')).toEqual([
        'db1 has log_slave_updates = OFF, so changes of its source end there',
      ]);
    });
  },
  {settings: ['--binlog-ignore-db=audit', '--skip-log-slave-updates']},
);

describeEachServer(
  'a server without a binary log',
  (on) => {
    test('is reported', async () => {
      expect(await seen(on, 'binary-log-off')).toEqual([
        'db1 writes no binary log (log_bin = OFF)',
      ]);
    });
  },
  {settings: ['--skip-log-bin', '--skip-log-slave-updates']},
);

/** Every observation of the check of this name. */
async function seen(on: TriedServer, name: string): Promise<readonly string[]> {
  const check = mysqlChecks.find((candidate) => candidate.name === name);
  const facts = factsOf(on.session.reader, new AbortController().signal);
  return ((await check?.find(facts, [])) ?? [{is: 'no such check'}]).map(({is}) => is);
}

async function run(on: TriedServer, statements: readonly string[]): Promise<void> {
  await on.database.session(async (connection) => {
    for (const statement of statements) {
      await connection.query(statement);
    }
  });
}
