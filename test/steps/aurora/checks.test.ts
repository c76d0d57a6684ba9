import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {createCloudWatch} from '../../../lab/aws/cloudwatch.ts';
import {createRds, type Rds} from '../../../lab/aws/rds.ts';
import type {LabCluster} from '../../../lab/aws/rds-cluster.ts';
import {auroraChecks} from '../../../steps/aurora/checks/catalogue.ts';
import {auroraCluster} from '../../../steps/aurora/target.ts';
import {mysqlChecks} from '../../../steps/mysql/checks/catalogue.ts';
import {factsOf} from '../../../steps/mysql/checks/facts.ts';
import {type Started, started} from '../../lab/aws/started.ts';
import {passwords} from '../../lab/mysql/databases.ts';
import {
  describeEachPair,
  describeOldBesideCurrent,
  type TriedPair,
  type TriedServer,
} from '../mysql/each-server.ts';

/** A fault on either side, planted by root; the check sees it, and does not before and afterwards. */
interface Fault {
  readonly check: string;
  /** The pairs that can have it, by the names of their servers; without it, all. */
  readonly on?: readonly string[];
  /** On the source, before the first look. */
  readonly before?: readonly string[];
  readonly source?: readonly string[];
  readonly target?: readonly string[];
  readonly mendSource?: readonly string[];
  readonly mendTarget?: readonly string[];
  readonly found: string;
}

const [old, toMariadb, current] = [
  'MySQL 5.6 to MySQL 5.6',
  'MySQL 5.6 to MariaDB 10.11',
  'MySQL 9 to MySQL 9',
] as const;

const faults: readonly Fault[] = [
  {
    check: 'sql-mode-differs',
    target: ["SET GLOBAL sql_mode = 'ONLY_FULL_GROUP_BY'"],
    mendTarget: ["SET GLOBAL sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'"],
    found:
      'aurora has sql_mode = ONLY_FULL_GROUP_BY, and db1 has sql_mode = STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION',
  },
  {
    check: 'time-zone-differs',
    source: ["SET GLOBAL time_zone = '+02:00'"],
    mendSource: ["SET GLOBAL time_zone = '+00:00'"],
    found: 'aurora has time_zone = +00:00, and db1 has time_zone = +02:00',
  },
  {
    check: 'character-set-differs',
    target: ["SET GLOBAL collation_server = 'latin1_swedish_ci'"],
    mendTarget: ["SET GLOBAL collation_server = 'utf8mb4_unicode_ci'"],
    found:
      'aurora has collation_server = latin1_swedish_ci, and db1 has collation_server = utf8mb4_unicode_ci',
  },
  {
    check: 'auto-increment-steps-differ',
    source: ['SET GLOBAL auto_increment_increment = 2'],
    mendSource: ['SET GLOBAL auto_increment_increment = 1'],
    found:
      'aurora has auto_increment_increment = 1 and auto_increment_offset = 1, and db1 has auto_increment_increment = 2 and auto_increment_offset = 1',
  },
  {
    check: 'server-collation-unknown-to-source',
    on: [toMariadb],
    target: ["SET GLOBAL collation_server = 'utf8mb4_uca1400_ai_ci'"],
    mendTarget: ["SET GLOBAL collation_server = 'utf8mb4_unicode_ci'"],
    found: 'aurora has collation_server = utf8mb4_uca1400_ai_ci, which db1 does not support',
  },
  {
    check: 'collation-unknown-to-source',
    on: [toMariadb],
    target: [
      'SET sql_log_bin = 0',
      'CREATE DATABASE odd',
      'CREATE TABLE odd.words (id INT PRIMARY KEY, w VARCHAR(9) COLLATE utf8mb4_uca1400_ai_ci)',
    ],
    mendTarget: ['SET sql_log_bin = 0', 'DROP DATABASE odd'],
    found: 'aurora uses 1 collation that db1 does not support: utf8mb4_uca1400_ai_ci (1 column)',
  },
  {
    check: 'time-zone-names-missing',
    source: [
      'SET sql_log_bin = 0',
      "INSERT INTO mysql.time_zone (time_zone_id, use_leap_seconds) VALUES (7001, 'N'), (7002, 'N')",
      "INSERT INTO mysql.time_zone_name (name, time_zone_id) VALUES ('UTC', 7001), ('Europe/Berlin', 7002)",
      "INSERT INTO mysql.time_zone_transition_type VALUES (7001, 0, 0, 0, 'UTC'), (7002, 0, 3600, 0, 'CET')",
    ],
    mendSource: [],
    found: 'aurora has no named time zones, and db1 has them',
  },
  {
    check: 'max-packet-smaller',
    target: ['SET GLOBAL max_allowed_packet = 1048576'],
    mendTarget: ['SET GLOBAL max_allowed_packet = 67108864'],
    source: ['SET GLOBAL max_allowed_packet = 67108864'],
    mendSource: [],
    found: 'aurora has max_allowed_packet = 1048576, and db1 has 67108864',
  },
  {
    check: 'packet-too-large-for-aurora',
    on: [old, toMariadb],
    source: ['SET GLOBAL max_allowed_packet = 67108864'],
    mendSource: [],
    target: ['SET GLOBAL slave_max_allowed_packet = 1048576'],
    mendTarget: ['SET GLOBAL slave_max_allowed_packet = 1073741824'],
    found: 'aurora accepts replicated rows of 1048576 bytes, and db1 allows 67108864',
  },
  {
    check: 'max-connections-lower',
    source: ['SET GLOBAL max_connections = 300'],
    mendSource: ['SET GLOBAL max_connections = 100'],
    target: ['SET GLOBAL max_connections = 100'],
    mendTarget: [],
    found: 'aurora has max_connections = 100, and db1 has 300',
  },
  {
    check: 'function-creators-not-trusted',
    source: [
      'SET sql_log_bin = 0',
      'CREATE DATABASE odd',
      'CREATE FUNCTION odd.one() RETURNS INT DETERMINISTIC RETURN 1',
    ],
    mendSource: ['SET sql_log_bin = 0', 'DROP DATABASE odd'],
    found:
      'aurora has log_bin_trust_function_creators = OFF, and db1 has 1 trigger or function: function odd.one (root@localhost)',
  },
  {
    check: 'definer-missing-on-aurora',
    source: [
      'SET sql_log_bin = 0',
      "CREATE USER 'maker'@'%'",
      'CREATE DATABASE odd',
      "CREATE DEFINER = 'maker'@'%' VIEW odd.seen AS SELECT 1 AS one",
    ],
    mendSource: ['SET sql_log_bin = 0', 'DROP DATABASE odd', "DROP USER 'maker'@'%'"],
    found: '1 object of db1 with a definer that aurora does not have: view odd.seen (maker@%)',
  },
  {
    check: 'account-missing-on-aurora',
    source: ['SET sql_log_bin = 0', "CREATE USER 'report'@'10.0.0.%'"],
    mendSource: ['SET sql_log_bin = 0', "DROP USER 'report'@'10.0.0.%'"],
    found: 'aurora lacks 1 account of db1: report@10.0.0.%',
  },
  {
    check: 'privileges-missing-on-aurora',
    source: [
      'SET sql_log_bin = 0',
      'CREATE DATABASE odd',
      'CREATE TABLE odd.notes (id INT PRIMARY KEY)',
      "CREATE USER 'clerk'@'10.0.0.%'",
      "GRANT SELECT, INSERT, UPDATE ON odd.* TO 'clerk'@'10.0.0.%'",
      "GRANT DELETE ON odd.notes TO 'clerk'@'10.0.0.%'",
      "GRANT PROCESS ON *.* TO 'clerk'@'10.0.0.%'",
    ],
    mendSource: ['SET sql_log_bin = 0', 'DROP DATABASE odd', "DROP USER 'clerk'@'10.0.0.%'"],
    target: [
      'SET sql_log_bin = 0',
      'CREATE DATABASE odd',
      "CREATE USER 'clerk'@'%'",
      "GRANT INSERT ON odd.* TO 'clerk'@'%'",
      "GRANT SELECT ON *.* TO 'clerk'@'%'",
    ],
    mendTarget: ['SET sql_log_bin = 0', 'DROP DATABASE odd', "DROP USER 'clerk'@'%'"],
    found:
      'aurora lacks 2 of the privileges that accounts have on db1: clerk: UPDATE ON odd.*, clerk: DELETE ON odd.notes',
  },
  {
    check: 'source-replication-account-missing',
    target: ['SET sql_log_bin = 0', "REVOKE REPLICATION SLAVE ON *.* FROM 'repl'@'%'"],
    mendTarget: ['SET sql_log_bin = 0', "GRANT REPLICATION SLAVE ON *.* TO 'repl'@'%'"],
    found: 'aurora has no account repl with REPLICATION SLAVE',
  },
  {
    check: 'aurora-replication-account-missing',
    source: ['SET sql_log_bin = 0', "REVOKE REPLICATION SLAVE ON *.* FROM 'repl'@'%'"],
    mendSource: ['SET sql_log_bin = 0', "GRANT REPLICATION SLAVE ON *.* TO 'repl'@'%'"],
    found: 'db1 has no account repl with REPLICATION SLAVE',
  },
  {
    // Until here the privilege came by a role, and nothing was found.
    check: 'aurora-replication-account-missing',
    on: [current],
    source: ['SET sql_log_bin = 0', "REVOKE 'copier' FROM 'repl'@'%'"],
    mendSource: [
      'SET sql_log_bin = 0',
      'DROP ROLE copier',
      "GRANT REPLICATION SLAVE ON *.* TO 'repl'@'%'",
    ],
    before: [
      'SET sql_log_bin = 0',
      'CREATE ROLE copier',
      'GRANT REPLICATION SLAVE ON *.* TO copier',
      "GRANT copier TO 'repl'@'%'",
      "REVOKE REPLICATION SLAVE ON *.* FROM 'repl'@'%'",
    ],
    found: 'db1 has no account repl with REPLICATION SLAVE',
  },
  {
    check: 'gtid-modes-differ',
    on: [current],
    target: [
      'STOP REPLICA',
      'SET GLOBAL gtid_mode = ON_PERMISSIVE',
      'SET GLOBAL gtid_mode = OFF_PERMISSIVE',
      'SET GLOBAL gtid_mode = OFF',
    ],
    mendTarget: [
      'SET GLOBAL gtid_mode = OFF_PERMISSIVE',
      'SET GLOBAL gtid_mode = ON_PERMISSIVE',
      'SET GLOBAL gtid_mode = ON',
      'START REPLICA',
    ],
    found: 'aurora has gtid_mode = OFF, and db1 has ON',
  },
  {
    check: 'tls-required',
    on: [toMariadb],
    target: ['SET GLOBAL require_secure_transport = ON'],
    mendTarget: ['SET GLOBAL require_secure_transport = OFF'],
    found:
      'aurora has require_secure_transport = ON, and db1 (MySQL 5.6.24-log) supports TLSv1 only, and Aurora needs TLS 1.2',
  },
  {
    // MySQL counts an UPDATE of the column from 8.0 on.
    check: 'auto-increment-behind',
    on: [old],
    target: [
      'SET sql_log_bin = 0',
      'CREATE DATABASE odd',
      'CREATE TABLE odd.orders (id BIGINT AUTO_INCREMENT PRIMARY KEY) ENGINE = InnoDB',
      'INSERT INTO odd.orders VALUES (), (), ()',
      'UPDATE odd.orders SET id = 100 WHERE id = 3',
    ],
    mendTarget: ['SET sql_log_bin = 0', 'DROP DATABASE odd'],
    found:
      '1 AUTO_INCREMENT column of aurora is behind the data: odd.orders.id (next 4, largest 100)',
  },
  {
    check: 'events-enabled-on-aurora',
    target: [
      'SET sql_log_bin = 0',
      'SET GLOBAL event_scheduler = ON',
      'CREATE DATABASE odd',
      'CREATE EVENT odd.nightly ON SCHEDULE EVERY 1 DAY DO DO 1',
    ],
    mendTarget: ['SET sql_log_bin = 0', 'DROP DATABASE odd'],
    found: '1 event of aurora is enabled: odd.nightly',
  },
  {
    check: 'events-disabled-by-replication',
    target: [
      'SET sql_log_bin = 0',
      'CREATE DATABASE odd',
      'CREATE EVENT odd.nightly ON SCHEDULE EVERY 1 DAY DISABLE ON SLAVE DO DO 1',
    ],
    mendTarget: ['SET sql_log_bin = 0', 'DROP DATABASE odd'],
    found: '1 event of aurora is disabled because replicated: odd.nightly',
  },
  ...([old, toMariadb, current] as const).flatMap((pair): readonly Fault[] => {
    const past = {
      [old]: 'SUPER',
      [toMariadb]: 'READ ONLY ADMIN',
      [current]: 'CONNECTION_ADMIN',
    }[pair];
    const boss = [
      'SET sql_log_bin = 0',
      "CREATE USER 'boss'@'10.0.0.%'",
      `GRANT ${past} ON *.* TO 'boss'@'10.0.0.%'`,
    ];
    const gone = ['SET sql_log_bin = 0', "DROP USER 'boss'@'10.0.0.%'"];
    return [
      {
        check: 'read-only-bypass-on-aurora',
        on: [pair],
        // An account that somebody else has as a role may log in all the same.
        target: [
          ...boss,
          ...(pair === current
            ? ["CREATE USER 'clerk'@'%'", "GRANT 'boss'@'10.0.0.%' TO 'clerk'@'%'"]
            : []),
        ],
        mendTarget: [...gone, ...(pair === current ? ["DROP USER 'clerk'@'%'"] : [])],
        found:
          pair === current
            ? 'aurora has 2 accounts that bypass read_only: boss@10.0.0.%, clerk@%'
            : 'aurora has 1 account that bypasses read_only: boss@10.0.0.%',
      },
      {
        check: 'procedures-bypass-read-only-on-aurora',
        on: [pair],
        source: [
          'SET sql_log_bin = 0',
          'CREATE DATABASE odd',
          "CREATE DEFINER = 'boss'@'10.0.0.%' PROCEDURE odd.tidy() DO 1",
        ],
        target: boss,
        mendSource: ['SET sql_log_bin = 0', 'DROP DATABASE odd'],
        mendTarget: gone,
        found:
          'aurora has, or gets from db1, 1 procedure that bypasses read_only: procedure odd.tidy (boss@10.0.0.%)',
      },
    ];
  }),
];

let rds: Rds;
let aws: Started;
const sessions = new Map<number, AuroraSession>();
beforeAll(async () => {
  rds = createRds({clusters: [{identifier: 'shop', endpoint: '127.0.0.1', port: 3306}]});
  aws = await started(rds, createCloudWatch(rds.measure));
});
afterAll(async () => {
  await Promise.all([...sessions.values()].map((session) => session.close()));
  await aws?.[Symbol.asyncDispose]();
});

describeEachPair('a check finds its fault, and nothing where there is none', (on) => {
  const pair = `${on.source.kind.name} to ${on.target.kind.name}`;
  test.each(faults.filter((fault) => fault.on?.includes(pair) ?? true))(
    'its $check',
    async (fault) => {
      await on.source.database.query('SET GLOBAL max_connections = 100');
      await on.target.database.query('SET GLOBAL max_connections = 100');
      await say(on.source, fault.before ?? []);
      expect(await seen(on, fault.check)).toEqual([]);
      await say(on.source, fault.source ?? []);
      await say(on.target, fault.target ?? []);
      const found = await seen(on, fault.check).finally(async () => {
        await say(on.source, fault.mendSource ?? []);
        await say(on.target, fault.mendTarget ?? []);
      });
      expect(found).toEqual([fault.found]);
    },
  );

  test('what a replica is looked over for', async () => {
    const {database} = on.target;
    expect(await ofReplica(on, 'replica-writable')).toEqual(['aurora has read_only = OFF']);
    await database.query('SET GLOBAL read_only = ON');
    expect(await ofReplica(on, 'replica-writable')).toEqual([]);
    await database.query('SET GLOBAL read_only = OFF');
    expect(await ofReplica(on, 'replica-without-source')).toEqual([]);
    expect(await ofReplica({...on, target: on.source}, 'replica-without-source')).toEqual([
      'db1 is not a replica; it should replicate from db1',
    ]);
    expect(await ofReplica({...on, source: on.target}, 'replica-without-source')).toEqual([
      `aurora replicates from 127.0.0.1:${on.source.database.port} with server_id 1, not from aurora`,
    ]);
    expect(await ofReplica(on, 'replication-broken')).toEqual([]);
    expect(await ofReplica(on, 'source-is-replica')).toEqual([
      `aurora is itself a replica of 127.0.0.1:${on.source.database.port}`,
    ]);
    const word = on.target.kind.name === 'MySQL 9' ? 'REPLICA' : 'SLAVE';
    await database.query(`STOP ${word}`);
    expect(await ofReplica(on, 'replication-broken')).toEqual([
      'aurora does not replicate: the IO thread is stopped',
    ]);
    await database.query(
      word === 'SLAVE'
        ? 'CHANGE MASTER TO MASTER_DELAY = 9'
        : 'CHANGE REPLICATION SOURCE TO SOURCE_DELAY = 9',
    );
    expect(await ofReplica(on, 'replication-delayed')).toEqual([
      'aurora has a configured delay of 9 s',
    ]);
    await database.query(
      word === 'SLAVE'
        ? 'CHANGE MASTER TO MASTER_DELAY = 0'
        : 'CHANGE REPLICATION SOURCE TO SOURCE_DELAY = 0',
    );
    expect(await ofReplica(on, 'replication-delayed')).toEqual([]);
  });

  test('a replica that takes smaller rows than its source may write', async () => {
    const {database, kind} = on.target;
    const name = `${kind.name === 'MySQL 9' ? 'replica' : 'slave'}_max_allowed_packet`;
    await on.source.database.query('SET GLOBAL max_allowed_packet = 67108864');
    expect(await ofReplica(on, 'packet-too-large-for-replica')).toEqual([]);
    await database.query(`SET GLOBAL ${name} = 1048576`);
    expect(await ofReplica(on, 'packet-too-large-for-replica')).toEqual([
      'aurora accepts replicated rows of 1048576 bytes, and db1 allows 67108864',
    ]);
    await database.query(`SET GLOBAL ${name} = 1073741824`);
  });

  test('what a replica leaves out', async () => {
    const {database, kind} = on.target;
    // MySQL 5.6 takes a filter from my.cnf alone.
    const filter = {
      'MySQL 5.6': undefined,
      'MariaDB 10.11': "SET GLOBAL replicate_ignore_db = 'audit'",
      'MySQL 9': 'CHANGE REPLICATION FILTER REPLICATE_IGNORE_DB = (audit)',
    }[kind.name];
    expect(await ofReplica(on, 'replication-filtered')).toEqual([]);
    if (filter !== undefined) {
      await database.query(filter);
      expect(await ofReplica(on, 'replication-filtered')).toEqual([
        'aurora filters what it replicates: Replicate_Ignore_DB = audit',
      ]);
    }
  });

  test('a replica that has not reached its source', async () => {
    const {database, kind} = on.target;
    expect(await ofReplica(on, 'replication-connecting')).toEqual([]);
    await database.query(
      kind.name === 'MySQL 9'
        ? 'CHANGE REPLICATION SOURCE TO SOURCE_PORT = 1'
        : 'CHANGE MASTER TO MASTER_PORT = 1',
    );
    await database.query(kind.name === 'MySQL 9' ? 'START REPLICA' : 'START SLAVE');
    await expect
      .poll(() => ofReplica(on, 'replication-connecting'))
      .toEqual(['aurora is still connecting to 127.0.0.1:1']);
  });
});

const settings = {
  source: ['--lower-case-table-names=1', '--performance-schema=ON'],
  target: ['--performance-schema=ON', '--enforce-gtid-consistency=ON'],
};

describeOldBesideCurrent('MySQL 5.6 beside MySQL 9', settings, ({source, target}) => {
  test('another case of table names', async () => {
    expect(await seen({source, target}, 'table-name-case-differs')).toEqual([
      'aurora has lower_case_table_names = 0, and db1 has lower_case_table_names = 1',
    ]);
    expect(await held(target, target, 'table-name-case-differs')).toEqual([]);
  });

  test('names that are reserved words there', async () => {
    expect(await seen({source, target}, 'reserved-words-used')).toEqual([]);
    await say(source, [
      'CREATE DATABASE games',
      'CREATE TABLE games.scores (id INT PRIMARY KEY, rank INT, `order` INT)',
      'CREATE TABLE games.`groups` (id INT PRIMARY KEY)',
    ]);
    const found = await seen({source, target}, 'reserved-words-used');
    await say(source, ['DROP DATABASE games']);
    expect(found).toEqual([
      '3 names of db1 are reserved words of aurora: games.groups, games.scores.order, games.scores.rank',
    ]);
  });

  test('functions and forms that have gone, in stored objects and in what clients said', async () => {
    expect(await seen({source, target}, 'removed-features-used')).toEqual([]);
    await source.database.session(async (client) => {
      await client.query('CREATE DATABASE old');
      await client.query('USE old');
      await client.query('CREATE TABLE prices (id INT PRIMARY KEY, md5 INT, category INT)');
      await client.query(
        "CREATE VIEW sums AS SELECT SQL_CACHE MD5(id) AS m, 'SHA1(x)' AS t FROM prices",
      );
      await client.query(
        'CREATE PROCEDURE report() SELECT category FROM prices GROUP BY category DESC HAVING COUNT(*) > 1 /* PASSWORD(x) */',
      );
      await client.query(
        'CREATE PROCEDURE fine() SELECT SHA2(category, 256) FROM prices GROUP BY category ORDER BY category DESC',
      );
      await client.query(
        "CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY DISABLE DO DO PASSWORD('x')",
      );
      await client.query('INSERT INTO prices (id, md5) VALUES (1, 2)');
      await client.query("SELECT ENCODE('secret', 'key'), md5 FROM prices");
    });
    const found = await seen({source, target}, 'removed-features-used');
    // Of a server that has them all nothing is said.
    const none = await held(source, source, 'removed-features-used');
    await source.database.query('DROP DATABASE old');
    expect(found).toEqual([
      '4 statements of db1 use what aurora does not have: event old.nightly (PASSWORD()), procedure old.report (GROUP BY … ASC or DESC), view old.sums (MD5(), SQL_CACHE), in old: SELECT `ENCODE` (...) , `md5` FROM `prices` (ENCODE())',
    ]);
    expect(none).toEqual([]);
  });

  test('what SET NAMES utf8mb4 means', async () => {
    expect(await seen({source, target}, 'utf8mb4-default-unknown-to-source')).toEqual([
      'SET NAMES utf8mb4 on aurora selects utf8mb4_0900_ai_ci, which db1 does not support',
    ]);
    await say(target, ["SET GLOBAL default_collation_for_utf8mb4 = 'utf8mb4_general_ci'"]);
    expect(await seen({source, target}, 'utf8mb4-default-unknown-to-source')).toEqual([]);
    await say(target, ["SET GLOBAL default_collation_for_utf8mb4 = 'utf8mb4_0900_ai_ci'"]);
    expect(await held(target, target, 'utf8mb4-default-unknown-to-source')).toEqual([]);
    expect(await held(source, source, 'utf8mb4-default-unknown-to-source')).toEqual([]);
  });

  test('statements that are refused for the sake of GTIDs', async () => {
    expect(await seen({source, target}, 'gtid-consistency-differs')).toEqual([
      'aurora has enforce_gtid_consistency = ON, and db1 has OFF',
    ]);
    expect(await held(target, target, 'gtid-consistency-differs')).toEqual([]);
  });

  test('a session with a collation that the older server does not support', async () => {
    expect(await seen({source, target}, 'session-collation-unknown-to-source')).toEqual([]);
    const client = await target.connect('shop');
    await client.query('SET NAMES utf8mb4 COLLATE utf8mb4_0900_ai_ci');
    expect(await seen({source, target}, 'session-collation-unknown-to-source')).toEqual([
      '1 session of aurora with a collation that db1 does not support: shop@127.0.0.1 (utf8mb4_0900_ai_ci)',
    ]);
    await client.query('SET NAMES utf8mb4 COLLATE utf8mb4_general_ci');
    expect(await seen({source, target}, 'session-collation-unknown-to-source')).toEqual([]);
  });

  test('are far from each other, and the older one cannot take over', async () => {
    const versions = [source, target].map(({session}) =>
      factsOf(session.reader, new AbortController().signal).version(),
    );
    const [older, newer] = (await Promise.all(versions)).map(({text}) => text);
    expect(await seen({source, target}, 'version-older-than-source')).toEqual([]);
    expect(await seen({source, target}, 'version-gap-too-large')).toEqual([
      `db1 is ${older}, and aurora is ${newer}`,
    ]);
    expect(await held(source, target, 'version-older-than-source')).toEqual([
      `aurora is ${older}, and aurora is ${newer}`,
    ]);
    expect(await held(target, target, 'version-gap-too-large')).toEqual([]);
  });

  test('one id, and one uuid as of a copied data folder', async () => {
    const ids = async (other: TriedServer, name: string) => {
      const signal = new AbortController().signal;
      const [server, its] = [target, other].map(({session}) => factsOf(session.reader, signal));
      const check = mysqlChecks.find((one) => one.name === name);
      return server && its && (await check?.find(server, [its]))?.map(({is}) => is);
    };
    expect(await ids(source, 'server-id-shared')).toEqual([]);
    expect(await ids(source, 'server-uuid-shared')).toEqual([]);
    await say(source, ['SET GLOBAL server_id = 3']);
    expect(await ids(source, 'server-id-shared')).toEqual([
      'aurora has the same server_id as db1: 3',
    ]);
    await say(source, ['SET GLOBAL server_id = 1']);
    expect(await ids(target, 'server-uuid-shared')).toEqual([
      expect.stringMatching(/^aurora has the same server_uuid as aurora: [0-9a-f-]{36}$/),
    ]);
  });

  test('a login plugin that the older server does not support', async () => {
    await say(target, ["ALTER USER 'repl'@'%' IDENTIFIED WITH caching_sha2_password BY 'x'"]);
    expect(await seen({source, target}, 'login-plugin-unsupported-by-source')).toEqual([
      'repl@% on aurora logs in with caching_sha2_password, which db1 does not support',
    ]);
    expect(await held(source, source, 'login-plugin-unsupported-by-source')).toEqual([]);
  });

  test('a collation that the older server does not support, in either role', async () => {
    await say(target, [
      'CREATE DATABASE odd',
      'CREATE TABLE odd.words (id INT PRIMARY KEY, w VARCHAR(9) COLLATE utf8mb4_0900_ai_ci)',
    ]);
    expect(await seen({source, target}, 'collation-unknown-to-aurora')).toEqual([]);
    expect(await held(source, target, 'collation-unknown-to-aurora')).toEqual([
      'aurora uses 1 collation that aurora does not support: utf8mb4_0900_ai_ci (1 column)',
    ]);
    expect(await seen({source, target}, 'collation-unknown-to-source')).toEqual([
      'aurora uses 1 collation that db1 does not support: utf8mb4_0900_ai_ci (1 column)',
    ]);
  });

  test('an AUTO_INCREMENT that is not behind', async () => {
    await say(target, [
      'CREATE TABLE odd.orders (id BIGINT AUTO_INCREMENT PRIMARY KEY)',
      'INSERT INTO odd.orders VALUES (), (), ()',
    ]);
    expect(await seen({source, target}, 'auto-increment-behind')).toEqual([]);
  });

  test('rights of the data that come by a role of Aurora', async () => {
    await say(source, ["CREATE USER 'typist'@'%'", "GRANT INSERT ON pages.* TO 'typist'@'%'"]);
    await say(target, ["CREATE USER 'typist'@'%'"]);
    expect(await seen({source, target}, 'privileges-missing-on-aurora')).toEqual([
      'aurora lacks 1 of the privileges that accounts have on db1: typist: INSERT ON pages.*',
    ]);
    await say(target, [
      'CREATE ROLE pen, desk',
      'GRANT INSERT ON pages.* TO pen',
      'GRANT pen TO desk',
      "GRANT desk TO 'typist'@'%'",
    ]);
    expect(await seen({source, target}, 'privileges-missing-on-aurora')).toEqual([]);
    await say(target, ["DROP USER 'typist'@'%'", 'DROP ROLE pen, desk']);
    await say(source, ["DROP USER 'typist'@'%'"]);
  });

  test('workers', async () => {
    await say(target, ['SET GLOBAL replica_parallel_workers = 4']);
    expect(await seen({source, target}, 'replication-single-threaded')).toEqual([]);
    await say(target, [
      'SET GLOBAL replica_preserve_commit_order = OFF',
      'SET GLOBAL replica_parallel_workers = 3',
    ]);
    expect(await seen({source, target}, 'commit-order-not-preserved')).toEqual([
      'aurora applies with 3 workers, not in the order of its source',
    ]);
    await say(target, ['SET GLOBAL replica_parallel_workers = 1']);
    expect(await seen({source, target}, 'commit-order-not-preserved')).toEqual([]);
    expect(await seen({source, target}, 'replication-single-threaded')).toEqual([
      'aurora applies with 1 workers',
    ]);
  });
});

const gib = 1_024 ** 3;
const writer = {identifier: 'shop-1', writer: true};

/** Each needs nothing but the API: a change of the cluster, and what is said of it. */
const clusterFaults: readonly {
  readonly check: string;
  readonly change: Partial<LabCluster>;
  readonly found: string;
}[] = [
  {
    check: 'cluster-not-aurora-mysql',
    change: {engineMode: 'serverless'},
    found: 'is aurora-mysql 8.0.mysql_aurora.3.08.0, serverless',
  },
  {
    check: 'cluster-not-available',
    change: {status: 'upgrading'},
    found: 'is upgrading, not available',
  },
  {
    check: 'cluster-stuck',
    change: {members: [{identifier: 'shop-1', writer: true, status: 'storage-full'}]},
    found: 'has a writer shop-1 that is storage-full, and does not become available by itself',
  },
  {check: 'writer-missing', change: {members: []}, found: 'has no writer instance'},
  {
    check: 'parameters-pending-reboot',
    change: {
      members: [{identifier: 'shop-1', writer: true, parameterGroupStatus: 'pending-reboot'}],
    },
    found: 'has a writer that needs a reboot for the parameters of shop-cluster-parameters',
  },
  {
    check: 'changes-pending',
    change: {
      pendingChanges: {EngineVersion: '8.0.mysql_aurora.3.09.0'},
      members: [
        {identifier: 'shop-1', writer: true, pendingChanges: {DBInstanceClass: 'db.r6g.xlarge'}},
      ],
    },
    found: 'has pending changes: EngineVersion, DBInstanceClass',
  },
  {
    check: 'parameter-group-not-row',
    change: {parameters: {binlog_format: undefined}},
    found: 'has binlog_format = OFF (the default) in its parameter group shop-cluster-parameters',
  },
  {
    check: 'writes-accepted-after-restart',
    change: {parameters: {binlog_format: 'ROW'}},
    found: 'has read_only = 0 (the default) in its parameter group shop-cluster-parameters',
  },
  {
    check: 'single-instance',
    change: {members: [{identifier: 'shop-1', writer: true}]},
    found: 'has no instance besides its writer',
  },
  {
    check: 'deletion-protection-off',
    change: {deletionProtection: false},
    found: 'has no deletion protection',
  },
  {
    check: 'backup-retention-short',
    change: {backupRetentionDays: 1},
    found: 'keeps its backups for 1 day',
  },
  {
    check: 'storage-not-encrypted',
    change: {encrypted: false},
    found: 'has storage that is not encrypted',
  },
  {
    check: 'security-groups-inactive',
    change: {securityGroups: [{id: 'sg-1', status: 'adding'}]},
    found: 'has security groups that are not active: sg-1 (adding)',
  },
  {
    check: 'security-groups-inactive',
    change: {securityGroups: []},
    found: 'has no security group',
  },
  {
    check: 'writer-publicly-accessible',
    change: {members: [{identifier: 'shop-1', writer: true, publiclyAccessible: true}]},
    found: 'has a writer shop-1 with a public address',
  },
  {
    check: 'auto-minor-upgrade-on',
    change: {members: [{identifier: 'shop-1', writer: true, autoMinorVersionUpgrade: true}]},
    found: 'has a writer shop-1 with automatic minor version upgrades',
  },
  {
    check: 'local-storage-low',
    change: {members: [{...writer, free: {localStorage: 1.5 * gib, memory: 8 * gib}}]},
    found:
      'has a writer shop-1 that had only 1.5 GiB of local storage (FreeLocalStorage) left in the last day',
  },
  {
    check: 'memory-low',
    change: {members: [{...writer, free: {localStorage: 20 * gib, memory: 0.25 * gib}}]},
    found:
      'has a writer shop-1 that had only 256 MiB of memory (FreeableMemory) left in the last day',
  },
  {
    check: 'memory-low',
    change: {members: [{...writer, free: 'not measured yet'}]},
    found:
      'has a writer shop-1 whose memory (FreeableMemory) is unknown: CloudWatch has measured nothing in the last day',
  },
];

describe('a check of the API finds its fault, and nothing where there is none', () => {
  test.each(clusterFaults)('its $check', async ({check, change, found}) => {
    const clean = createRds({clusters: [{identifier: 'shop', endpoint: '127.0.0.1', port: 3306}]});
    await using lab = await started(clean, createCloudWatch(clean.measure));
    expect(await ofCluster(lab, check)).toEqual([]);
    clean.change('shop', change);
    expect(await ofCluster(lab, check)).toEqual([`cluster shop ${found}`]);
  });

  test('its local-storage-low, when CloudWatch refuses to answer', async () => {
    const rds = createRds({clusters: [{identifier: 'shop', endpoint: '127.0.0.1', port: 3306}]});
    await using lab = await started(rds, createCloudWatch(rds.measure));
    lab.endpoint.faults.add({service: 'monitoring', kind: 'deny'});
    expect(await ofCluster(lab, 'local-storage-low')).toEqual([
      'cluster shop has a writer shop-1 whose local storage (FreeLocalStorage) is unknown: AWS does not allow this call for instance shop-1: User: arn:aws:iam::123456789012:user/lab is not authorized to perform: cloudwatch:GetMetricData',
    ]);
    expect(await ofCluster(lab, 'local-storage-low')).toEqual([]);
  });

  test('its cluster-missing', async () => {
    await using lab = await started(createRds({clusters: []}));
    expect(await ofCluster(lab, 'cluster-missing')).toEqual([
      'RDS has no cluster shop in this account and region',
    ]);
    expect(await ofCluster(lab, 'deletion-protection-off')).toEqual([]);
  });
});

async function ofCluster(lab: Started, name: string): Promise<readonly string[]> {
  const signal = new AbortController().signal;
  const nowhere = {host: '127.0.0.1', port: 1, user: 'admin', password: 'x'};
  const session = await auroraCluster.open(
    {...nowhere, clusterIdentifier: 'shop', ...lab.config},
    {name: 'aurora', signal},
  );
  const {reader} = session;
  const aurora = factsOf(reader, signal);
  const cluster = () => reader.cluster(signal);
  const found = await checkNamed(name).find({
    ...{aurora, reader, cluster},
    ...{source: aurora, replica: aurora},
  });
  await session.close();
  return found.map(({is}) => is);
}

/** What the check says of the pair, with the target as Aurora. */
const seen = (on: Pick<TriedPair, 'source' | 'target'>, name: string) =>
  held(on.target, on.source, name);

/** What the check says of a server in the part of Aurora beside another one in the part of the source. */
async function held(
  target: TriedServer,
  other: TriedServer,
  name: string,
): Promise<readonly string[]> {
  const {reader} = await sessionAt(target);
  const signal = new AbortController().signal;
  const source = factsOf(other.session.reader, signal);
  const cluster = () => reader.cluster(signal);
  const beside = {aurora: factsOf(reader, signal), reader, cluster, source, replica: source};
  const found = await checkNamed(name).find(beside);
  return found.map(({is}) => is);
}

type AuroraSession = Awaited<ReturnType<typeof auroraCluster.open>>;

/** One for all tests: a server that begins to demand TLS lets those go on who are there. */
async function sessionAt({database}: TriedServer): Promise<AuroraSession> {
  const known = sessions.get(database.port);
  const session =
    known ??
    (await auroraCluster.open(
      {
        host: '127.0.0.1',
        port: database.port,
        user: 'switcharoo',
        password: passwords.switcharoo,
        replication: {user: 'repl', password: passwords.repl},
        clusterIdentifier: 'shop',
        ...aws.config,
      },
      {name: 'aurora', signal: new AbortController().signal},
    ));
  sessions.set(database.port, session);
  return session;
}

async function ofReplica(on: TriedPair, name: string): Promise<readonly string[]> {
  const signal = new AbortController().signal;
  const [server, source] = [on.target, on.source].map(({session}) =>
    factsOf(session.reader, signal),
  );
  const check = mysqlChecks.find((one) => one.name === name);
  if (!check || !server || !source) {
    throw new Error(`there is no check ${name}`);
  }
  return (await check.find(server, [source])).map(({is}) => is);
}

function checkNamed(name: string) {
  const check = auroraChecks.find((one) => one.name === name);
  if (!check) {
    throw new Error(`there is no check ${name}`);
  }
  return check;
}

async function say(on: TriedServer, statements: readonly string[]): Promise<void> {
  await on.database.session(async (connection) => {
    for (const statement of statements) {
      await connection.query(statement);
    }
  });
}
