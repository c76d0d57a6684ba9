import {expect, test} from 'vitest';
import {definitionChecks} from '../../../steps/aurora/checks/definitions.ts';
import {mysqlChecks} from '../../../steps/mysql/checks/catalogue.ts';
import {factsOf} from '../../../steps/mysql/checks/facts.ts';
import {loadSchemaInto} from '../../../steps/mysql/copy/schema-load.ts';
import {mysqlServer} from '../../../steps/mysql/target.ts';
import {passwords} from '../../lab/mysql/databases.ts';
import {mariadbClients, mysqlClients} from '../../lab/mysql/server-kinds.ts';
import {
  describeMariadbBesideCurrent,
  describeOldBesideCurrent,
  type TriedPair,
  type TriedServer,
} from '../mysql/each-server.ts';

type Pair = Pick<TriedPair, 'source' | 'target'>;

const long = 'x'.repeat(300);

const old = [
  'CREATE DATABASE old',
  'USE old',
  'CREATE TABLE gone (id INT PRIMARY KEY)',
  'CREATE TABLE prices (id INT PRIMARY KEY, price INT, spare INT)',
  'CREATE VIEW of_gone AS SELECT id FROM gone',
  'CREATE VIEW fine AS SELECT id FROM prices',
  'CREATE TRIGGER sets BEFORE INSERT ON prices FOR EACH ROW SET NEW.spare = NEW.price',
  'DROP TABLE gone',
  'ALTER TABLE prices DROP COLUMN spare',
  `CREATE TABLE choices (id INT PRIMARY KEY, e ENUM('a', '${long}'), s SET('b', 'it''s ${long}'))`,
  'CREATE TABLE floats (id FLOAT AUTO_INCREMENT PRIMARY KEY)',
  'CREATE TABLE keyless (a INT)',
  'CREATE PROCEDURE close_day() BEGIN DECLARE rank INT; SET rank = 1; END',
  'CREATE FUNCTION lead(n INT) RETURNS INT DETERMINISTIC RETURN n',
  'CREATE PROCEDURE sorted() SELECT price FROM prices GROUP BY price DESC',
  'CREATE PROCEDURE isolated() SET SESSION tx_isolation = "READ-COMMITTED"',
  "SET SESSION sql_mode = 'NO_TABLE_OPTIONS'",
  'CREATE PROCEDURE plain() SELECT 1',
  "SET SESSION sql_mode = 'MYSQL40'",
  'CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY DISABLE DO DO 1',
  "SET SESSION sql_mode = 'NO_AUTO_CREATE_USER,ANSI_QUOTES'",
  'CREATE PROCEDURE ansi() SELECT "price" FROM prices',
];

describeOldBesideCurrent('definitions of MySQL 5.6 on MySQL 9', {source: [], target: []}, (on) => {
  test('what the newer server refuses is found, each by its own check', async () => {
    await plant(on.source, old);
    await on.target.database.query(
      'SET GLOBAL sql_generate_invisible_primary_key = ON, GLOBAL sql_require_primary_key = ON',
    );
    const found = await findings(on);
    await on.target.database.query(
      'SET GLOBAL sql_generate_invisible_primary_key = OFF, GLOBAL sql_require_primary_key = OFF',
    );
    expect(found).toEqual({
      'view-broken': [
        '1 view of db1 refers to something that does not exist: old.of_gone (errno 1356)',
      ],
      'trigger-column-missing': [
        '1 trigger of db1 names a column that does not exist: trigger old.sets (NEW.spare)',
      ],
      'definitions-not-understood': [
        'aurora does not accept 3 definitions of db1: procedure old.close_day (errno 1064; RANK is a reserved word of newer servers), procedure old.isolated (errno 1193), procedure old.sorted (errno 1064)',
      ],
      'tables-not-understood': [],
      'sql-mode-unknown-to-aurora': [],
      'sql-mode-removed': [
        '2 objects of db1 were created under an sql_mode that aurora does not have: event old.nightly (MYSQL40), procedure old.plain (NO_TABLE_OPTIONS)',
      ],
      'enum-element-too-long': [
        '2 columns of db1 have an element of more than 255 characters: old.choices.e (300 characters), old.choices.s (305 characters)',
      ],
      'float-auto-increment': [
        '1 AUTO_INCREMENT column of db1 is not an integer: old.floats.id (float)',
      ],
      'generated-values-dumped': [],
      'invisible-primary-key-generated': [
        'aurora has sql_generate_invisible_primary_key = ON, and db1 has 1 table without a primary key: old.keyless',
      ],
      'primary-key-required': [
        'aurora has sql_require_primary_key = ON, and db1 has 1 table without a primary key: old.keyless',
      ],
    });
    await on.source.database.query('DROP DATABASE old');
    expect(Object.values(await findings(on)).flat()).toEqual([]);
  });

  test.skipIf(mysqlClients.missing)(
    'the newer server itself names all that it refuses',
    async () => {
      await plant(on.source, old);
      await on.target.database.query("GRANT ALL ON *.* TO 'switcharoo'@'%'");
      const before = await schemasOn(on.target);
      const {findings: found} = await loaded(on, mysqlClients.folder);
      expect(found.map(({items}) => items)).toEqual([
        [
          "mysqldump: Couldn't execute 'SHOW FIELDS FROM `of_gone`': View 'old.of_gone' references invalid table(s) or column(s) or function(s) or definer/invoker of view lack rights to use them (1356)",
          'table old.choices: ERROR 3505 (HY000): Too long enumeration/set value for column e.',
          "table old.floats: ERROR 1063 (42000): Incorrect column specifier for column 'id'",
          "trigger old.sets: ERROR 1054 (42S22): Unknown column 'spare' in 'NEW'",
          // Under HIGH_NOT_PRECEDENCE MySQL 5.6 dumps an event that no server reads.
          `event old.nightly: ${syntaxError} 'NOT PRESERVE DISABLE DO DO 1 */' at line 1`,
          `procedure old.close_day: ${syntaxError} 'rank INT; SET rank = 1; END' at line 2`,
          "procedure old.isolated: ERROR 1193 (HY000): Unknown system variable 'tx_isolation'",
          `procedure old.sorted: ${syntaxError} 'DESC' at line 2`,
          "view old.of_gone: ERROR 1146 (42S02): Table 'old.gone' doesn't exist",
        ],
      ]);
      expect(await schemasOn(on.target)).toEqual(before);
    },
  );
});

const ofMariadb = [
  'CREATE DATABASE old',
  'USE old',
  'CREATE TABLE stays (id INT, a DATE, b DATE, PERIOD FOR stay (a, b), PRIMARY KEY (id, stay WITHOUT OVERLAPS))',
  "CREATE TABLE tokens (id INT PRIMARY KEY, t VARCHAR(60) DEFAULT CONCAT('a', UUID()))",
  'CREATE TABLE sums (id INT PRIMARY KEY, a INT, twice INT AS (a * 2) PERSISTENT, thrice INT AS (a * 3) VIRTUAL)',
  'CREATE TABLE past (id INT PRIMARY KEY) WITH SYSTEM VERSIONING',
  'CREATE SEQUENCE numbers',
  'CREATE TABLE addresses (id INT PRIMARY KEY, a INET6)',
  "CREATE TABLE plain (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(20) DEFAULT '', at TIMESTAMP DEFAULT CURRENT_TIMESTAMP)",
  "SET SESSION sql_mode = 'ORACLE'",
  'CREATE PROCEDURE oracle AS a INT := 1; BEGIN SELECT a; END',
  "SET SESSION sql_mode = 'TIME_ROUND_FRACTIONAL'",
  'CREATE PROCEDURE rounding() SELECT 1',
  "SET SESSION sql_mode = ''",
  'CREATE PROCEDURE returning_rows() DELETE FROM plain RETURNING id',
];

describeMariadbBesideCurrent('definitions of MariaDB on MySQL 9', (on) => {
  test('what MySQL refuses is found, each by its own check', async () => {
    await plant(on.source, ofMariadb);
    expect(await findings(on)).toEqual({
      'view-broken': [],
      'trigger-column-missing': [],
      'definitions-not-understood': [
        'aurora does not accept 2 definitions of db1: procedure old.oracle (errno 1064), procedure old.returning_rows (errno 1064)',
      ],
      'tables-not-understood': [
        'aurora does not accept the definition of 5 tables of db1: table old.addresses (errno 1064), table old.numbers (errno 1064), table old.past (errno 1064), table old.stays (errno 1064), table old.tokens (errno 1064)',
      ],
      'sql-mode-unknown-to-aurora': [
        '2 objects of db1 were created under an sql_mode that aurora does not have: procedure old.oracle (SIMULTANEOUS_ASSIGNMENT), procedure old.rounding (TIME_ROUND_FRACTIONAL)',
      ],
      'sql-mode-removed': [
        '1 object of db1 was created under an sql_mode that aurora does not have: procedure old.oracle (ORACLE, NO_KEY_OPTIONS, NO_TABLE_OPTIONS, NO_FIELD_OPTIONS)',
      ],
      'enum-element-too-long': [],
      'float-auto-increment': [],
      'generated-values-dumped': [
        'db1 has 2 generated columns, whose values aurora refuses: old.sums.twice, old.sums.thrice',
      ],
      'invisible-primary-key-generated': [],
      'primary-key-required': [],
    });
  });

  test.skipIf(mariadbClients.missing)('MySQL itself names all that it refuses', async () => {
    await on.target.database.query("GRANT ALL ON *.* TO 'switcharoo'@'%'");
    const {findings: found} = await loaded(on, mariadbClients.folder);
    expect(found.map(({items}) => items.map((item) => item.replace(/: .*/, '')))).toEqual([
      [
        ...Array.from({length: 3}, () => 'sequence old.numbers'),
        ...['table old.addresses', 'table old.past', 'table old.stays', 'table old.tokens'],
        ...['procedure old.oracle', 'procedure old.oracle'],
        ...['procedure old.returning_rows', 'procedure old.rounding'],
      ],
    ]);
  });
});

const syntaxError =
  'ERROR 1064 (42000): You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version for the right syntax to use near';

const schemasOn = async ({database}: TriedServer) =>
  (await database.query('SELECT schema_name AS s FROM information_schema.schemata ORDER BY 1')).map(
    ({s}) => String(s),
  );

/** The definitions of the source, tried on the target. */
async function loaded({source, target}: Pair, clientFolder: string) {
  const signal = new AbortController().signal;
  const login = {host: '127.0.0.1', user: 'switcharoo', password: passwords.switcharoo};
  const session = await mysqlServer.open(
    {...login, port: source.database.port, clientFolder},
    {name: 'db1', signal},
  );
  try {
    return await loadSchemaInto(target.session.writer, [session.reader], signal);
  } finally {
    await session.close();
  }
}

async function plant({database}: TriedServer, statements: readonly string[]): Promise<void> {
  await database.session(async (connection) => {
    for (const statement of statements) {
      await connection.query(statement);
    }
  });
}

async function findings({source, target}: Pair) {
  const signal = new AbortController().signal;
  const [ofSource, aurora] = [source, target].map(({session}) => factsOf(session.reader, signal));
  if (!ofSource || !aurora) {
    throw new Error('a pair has two servers');
  }
  const found: Record<string, readonly string[]> = {};
  for (const name of ['view-broken', 'trigger-column-missing']) {
    const check = mysqlChecks.find((one) => one.name === name);
    found[name] = ((await check?.find(ofSource, [])) ?? []).map(({is}) => is);
  }
  for (const check of definitionChecks) {
    const sides = {
      ...{aurora, source: ofSource, replica: ofSource},
      reader: target.session.reader as never,
      cluster: async () => null,
    };
    found[check.name] = (await check.find(sides)).map(({is}) => is);
  }
  return found;
}
