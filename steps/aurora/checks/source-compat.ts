import {type Found, listed} from '../../../src/index.ts';
import {
  accountNameOf,
  accountsSql,
  columnNameOf,
  columnsSql,
  columnValue,
  definedObjectText,
  definersSql,
  type Facts,
  findingIf,
  gtidModeFindings,
  isOn,
  packetSizeFindings,
  plural,
  type Settings,
  tableNameOf,
} from '../../mysql/index.ts';
import type {AuroraCheck, Beside} from './check.ts';
import {isServers} from './rights.ts';

const inTheGroup = 'in the cluster parameter group';

/** What must be the same on both sides, or fit together. */
export const besideChecks: readonly AuroraCheck[] = [
  {
    name: 'version-older',
    severity: 'blocks',
    looksAt: 'beside',
    expects: 'Aurora is no older than the source.',
    consequence: 'It stops at the first statement or type that it does not know.',
    fix: 'Upgrade the cluster.',
    find: async ({aurora, source}) => {
      const [ours, its] = [await aurora.version(), await source.version()];
      return findingIf(
        ours.isMariaDb === its.isMariaDb && ours.series < its.series,
        `${aurora.name} is ${ours.text}, and ${source.name} is ${its.text}`,
      );
    },
  },
  {
    name: 'version-far',
    severity: 'warns',
    looksAt: 'beside',
    expects: 'Source and Aurora are of one series or of two that follow each other.',
    consequence:
      'Replication between them is not supported by MySQL, in particular not on the way back.',
    fix: 'Rehearse both ways with a copy of the data, or take an intermediate version.',
    find: async ({aurora, source}) => {
      const [ours, its] = [await aurora.version(), await source.version()];
      const far = seriesOf(ours.series) - seriesOf(its.series) > 1;
      return findingIf(
        ours.isMariaDb !== its.isMariaDb || far,
        `${source.name} is ${its.text}, and ${aurora.name} is ${ours.text}`,
      );
    },
  },
  same('sql-mode-differs', 'blocks', {
    expects: 'sql_mode is the same on both sides.',
    consequence: 'Statements that the source took fail on Aurora, or the other way round.',
    fix: `Set sql_mode ${inTheGroup} to that of the source.`,
    value: ({sql_mode: mode = ''}) =>
      mode
        .split(',')
        .filter((one) => one !== 'NO_AUTO_CREATE_USER')
        .sort()
        .join(','),
    shown: ({sql_mode: mode}) => `sql_mode = ${mode || "''"}`,
  }),
  same('time-zone-differs', 'blocks', {
    expects: 'Both sides have one time zone.',
    consequence: 'NOW() and every DATETIME that is filled with it shift at the cutover.',
    fix: `Set time_zone ${inTheGroup} to that of the source.`,
    value: (settings) => zoneOf(settings),
    shown: ({time_zone: zone, system_time_zone: system}) =>
      `time_zone = ${zone}${zone === 'SYSTEM' ? ` (${system})` : ''}`,
  }),
  same('table-name-case-differs', 'blocks', {
    expects: 'Both sides tell upper and lower case in table names alike.',
    consequence: 'Tables are not found. It cannot be changed once a cluster exists.',
    fix: 'Create the cluster anew with lower_case_table_names as on the source.',
    value: ({lower_case_table_names: value = '0'}) => (value === '1' ? '1' : '0'),
    shown: ({lower_case_table_names: value}) => `lower_case_table_names = ${value}`,
  }),
  same('character-set-differs', 'warns', {
    expects: 'New tables get the same character set and collation on both sides.',
    consequence:
      'Tables that are made after the cutover sort and compare in another way, and joins with older ones fail (errno 1267).',
    fix: `Set character_set_server and collation_server ${inTheGroup} to those of the source.`,
    value: ({collation_server: collation = ''}) => nameOfCollation(collation),
    shown: ({collation_server: collation}) => `collation_server = ${collation}`,
  }),
  same('auto-increment-steps-differ', 'warns', {
    expects: 'AUTO_INCREMENT steps alike on both sides.',
    consequence: 'Ids follow another pattern from the cutover on.',
    fix: `Set auto_increment_increment and auto_increment_offset ${inTheGroup} to those of the source.`,
    value: steps,
    shown: steps,
  }),
  {
    name: 'collation-before-8-0',
    severity: 'blocks',
    looksAt: 'beside',
    expects: "Aurora's collation_server is one that the source knows.",
    consequence:
      "It stands in every event, and the old source stops at the first one (error 22, character set '#255').",
    fix: `Set collation_server = utf8mb4_general_ci ${inTheGroup}, and have the application's driver ask for no other.`,
    find: async ({aurora, source}) => {
      const {collation_server: collation = ''} = await aurora.settings();
      return findingIf(
        !(await collationsOf(source)).has(nameOfCollation(collation)),
        `${aurora.name} has collation_server = ${collation}, which ${source.name} does not know`,
      );
    },
  },
  {
    name: 'collation-unknown-to-aurora',
    severity: 'blocks',
    looksAt: 'beside',
    expects: "Aurora knows every collation of the source's columns.",
    consequence: 'The load or the replicated CREATE TABLE fails (errno 1273).',
    fix: 'ALTER TABLE … CONVERT TO a collation that both know, before the seed.',
    find: ({aurora, source}) => unknownCollations(source, aurora),
  },
  {
    name: 'collation-unknown-to-source',
    severity: 'blocks',
    looksAt: 'beside',
    expects: "The source knows every collation of Aurora's columns.",
    consequence: 'On the way back it stops at such a table (error 22).',
    fix: 'ALTER TABLE … CONVERT TO a collation that both know.',
    find: ({aurora, source}) => unknownCollations(aurora, source),
  },
  {
    name: 'session-collation-unknown-to-source',
    severity: 'warns',
    looksAt: 'beside',
    expects:
      'Every session of Aurora has a collation that the source knows (seen with performance_schema = ON).',
    consequence:
      "A driver's collation stands in every event of its session, and the old source stops at it (error 22, character set '#255').",
    fix: 'Have the driver ask for utf8mb4_general_ci, or say SET NAMES utf8mb4 COLLATE utf8mb4_general_ci in each session.',
    find: async ({aurora, source}) => {
      const {isMariaDb, series} = await aurora.version();
      // Neither MariaDB nor MySQL before 5.7 tells what other sessions have set.
      const rows = isMariaDb || series < 507 ? [] : await aurora.rows(sessionCollationsSql);
      const known = await collationsOf(source);
      return listed(
        (count) =>
          `${count} ${plural(count, 'session')} of ${aurora.name} with a collation that ${source.name} does not know`,
        rows
          .filter((row) => !known.has(nameOfCollation(columnValue(row, 'collation'))))
          .map((row) => `${accountNameOf(row)} (${columnValue(row, 'collation')})`),
      );
    },
  },
  {
    name: 'utf8mb4-unknown-to-source',
    severity: 'warns',
    looksAt: 'beside',
    expects: 'SET NAMES utf8mb4 means a collation on Aurora that the source knows.',
    consequence:
      "Drivers that say it give their sessions, and tables that are made so, that collation, and the old source stops at them on the way back (error 22, character set '#255').",
    fix: 'Have the driver name the collation (SET NAMES utf8mb4 COLLATE utf8mb4_general_ci), and CREATE TABLE, too.',
    find: async ({aurora, source}) => {
      const collation = await meantByUtf8mb4(aurora);
      return findingIf(
        !(await collationsOf(source)).has(nameOfCollation(collation)),
        `SET NAMES utf8mb4 on ${aurora.name} means ${collation}, which ${source.name} does not know`,
      );
    },
  },
  {
    name: 'reserved-words',
    severity: 'warns',
    looksAt: 'beside',
    expects: "No table or column of the source has a name that is a reserved word of Aurora's.",
    consequence: 'Statements of the application that do not quote it are refused (errno 1064).',
    fix: 'See that the application quotes it (`rank`), or rename it before the seed.',
    find: async ({aurora, source}) => {
      const {isMariaDb, series} = await aurora.version();
      // MySQL 8.0.13 brought the list, and MariaDB's does not tell which words are reserved.
      const rows = isMariaDb || series < 800 ? [] : await aurora.rows(reservedSql);
      const reserved = new Set(rows.map((row) => columnValue(row, 'word').toLowerCase()));
      const columns = await source.rows(columnsSql);
      const tables = new Map(columns.map((row) => [tableNameOf(row), columnValue(row, 't')]));
      const names = [
        ...[...tables].map(([name, table]) => ({name, word: table})),
        ...columns.map((row) => ({name: columnNameOf(row), word: columnValue(row, 'c')})),
      ].filter(({word}) => reserved.has(word.toLowerCase()));
      return listed(
        (count) =>
          `${count} ${plural(count, 'name')} of ${source.name} ${plural(count, 'is', 'are')} reserved words of ${aurora.name}`,
        names.map(({name}) => name).sort(),
      );
    },
  },
  {
    name: 'time-zone-names-missing',
    severity: 'blocks',
    looksAt: 'beside',
    expects: 'Aurora knows time zones by name if the source does.',
    consequence: "CONVERT_TZ(…, 'Europe/Berlin') gives NULL.",
    fix: 'Load them: mysql_tzinfo_to_sql /usr/share/zoneinfo | mysql mysql.',
    find: async ({aurora, source}) =>
      findingIf(
        (await knowsZones(source)) && !(await knowsZones(aurora)),
        `${aurora.name} knows no time zone by name, and ${source.name} does`,
      ),
  },
  {
    name: 'packet-smaller',
    severity: 'blocks',
    looksAt: 'beside',
    expects: "Aurora's max_allowed_packet is no smaller than the source's.",
    consequence: 'Statements with large values that the source took are refused (errno 1153).',
    fix: `Raise max_allowed_packet ${inTheGroup}.`,
    find: ({aurora, source}) => smaller(aurora, source, 'max_allowed_packet'),
  },
  {
    name: 'packet-too-large-for-aurora',
    severity: 'blocks',
    looksAt: 'beside',
    expects: 'Aurora takes every replicated row.',
    consequence: 'Replication stops at the first row that is larger (errno 1153, 1236).',
    fix: `Raise replica_max_allowed_packet (slave_max_allowed_packet) ${inTheGroup}.`,
    find: ({aurora, replica}) => packetSizeFindings(aurora, replica),
  },
  {
    name: 'fewer-connections',
    severity: 'warns',
    looksAt: 'beside',
    expects: 'Aurora takes as many connections as the source.',
    consequence: 'Under the same load clients are refused (errno 1040).',
    fix: `Raise max_connections ${inTheGroup}, or take a larger instance.`,
    find: ({aurora, source}) => smaller(aurora, source, 'max_connections'),
  },
  {
    name: 'gtid-modes-differ',
    severity: 'blocks',
    looksAt: 'beside',
    expects: 'Aurora and the server that it follows have GTID modes that go together.',
    consequence: 'With ON on one side and OFF on the other the IO thread stops (errno 1593).',
    fix: `Set gtid-mode = ON_PERMISSIVE ${inTheGroup}, and reboot.`,
    find: ({aurora, replica}) => gtidModeFindings(aurora, replica),
  },
  {
    name: 'gtid-consistency-differs',
    severity: 'warns',
    looksAt: 'beside',
    expects: 'Aurora refuses no statement for the sake of GTIDs that the source takes.',
    consequence:
      'CREATE TABLE … SELECT before MySQL 8.0.21, and temporary tables within transactions, fail on Aurora (errno 1785 to 1787).',
    fix: 'Set enforce_gtid_consistency = WARN on the source (from 5.7 on) and read its error log for some days.',
    find: async ({aurora, source}) => {
      const [ours, its] = [await aurora.settings(), await source.settings()];
      const {enforce_gtid_consistency: there = 'OFF'} = its;
      return findingIf(
        ours['enforce_gtid_consistency'] === 'ON' && there !== 'ON',
        `${aurora.name} has enforce_gtid_consistency = ON, and ${source.name} has ${there}`,
      );
    },
  },
  {
    name: 'functions-not-trusted',
    severity: 'blocks',
    looksAt: 'beside',
    expects: 'Aurora takes triggers and functions although it writes a binary log.',
    consequence: 'Creating them is refused (errno 1419), by the load and by replication.',
    fix: `Set log_bin_trust_function_creators = 1 ${inTheGroup}.`,
    find: async ({aurora, source}) => {
      const defined = (await source.rows(definersSql)).filter((row) =>
        ['trigger', 'function'].includes(columnValue(row, 'what')),
      );
      const settings = await aurora.settings();
      return isOn(settings['log_bin']) && settings['log_bin_trust_function_creators'] === 'OFF'
        ? listed(
            (count) =>
              `${aurora.name} has log_bin_trust_function_creators = OFF, and ${source.name} has ${count} ${plural(count, 'trigger or function', 'triggers and functions')}`,
            defined.map(definedObjectText),
          )
        : [];
    },
  },
  {
    name: 'definer-missing-on-aurora',
    severity: 'blocks',
    looksAt: 'beside',
    expects: "Every definer of the source's objects exists on Aurora.",
    consequence: 'Whoever uses such a view, routine or trigger there gets errno 1449.',
    fix: 'Create the account on Aurora (it need not be able to log in), or define the object anew.',
    find: async ({aurora, source}) => {
      const accounts = (await aurora.rows(accountsSql)).map(accountNameOf);
      const orphans = (await source.rows(definersSql)).filter(
        (row) =>
          columnValue(row, 'definer') !== '' && !accounts.includes(columnValue(row, 'definer')),
      );
      return listed(
        (count) =>
          `${count} ${plural(count, 'object')} of ${source.name} with a definer that ${aurora.name} does not have`,
        orphans.map(definedObjectText),
      );
    },
  },
  {
    name: 'account-missing-on-aurora',
    severity: 'warns',
    looksAt: 'beside',
    expects: 'Every account of the source exists on Aurora.',
    consequence:
      'Accounts are not replicated to Aurora: whoever uses one cannot log in after the cutover.',
    fix: 'Create those that are still used on Aurora, with the host part of their new clients.',
    find: async ({aurora, source}) => {
      const ours = new Set((await aurora.rows(accountsSql)).map((row) => columnValue(row, 'user')));
      const missing = (await source.rows(accountsSql)).filter(
        (row) =>
          !ours.has(columnValue(row, 'user')) && !isServers(columnValue(row, 'user'), source),
      );
      return listed(
        (count) => `${aurora.name} lacks ${count} ${plural(count, 'account')} of ${source.name}`,
        missing.map(accountNameOf),
      );
    },
  },
  replicationAccount('replication-account-of-aurora', {
    expects:
      'The account with which Aurora follows exists on the server it follows, and may replicate.',
    pair: ({aurora, replica}) => ({follower: aurora, leader: replica}),
  }),
  replicationAccount('replication-account-of-source', {
    expects:
      'The account with which the old source follows back exists on Aurora, and may replicate.',
    pair: ({aurora, source}) => ({follower: source, leader: aurora}),
  }),
  {
    name: 'login-too-new-for-source',
    severity: 'blocks',
    looksAt: 'beside',
    expects:
      'The old source can log in on Aurora with the sort of password that its account has there.',
    consequence: 'Replication back does not connect (IO errno 2059): no way back.',
    fix: 'On Aurora: ALTER USER … IDENTIFIED WITH mysql_native_password BY ….',
    find: async ({aurora, source}) => {
      const user = source.server.replicationUser;
      const {isMariaDb, series} = await source.version();
      const tooNew = (await aurora.rows(accountsSql)).filter(
        (row) =>
          columnValue(row, 'user') === user &&
          columnValue(row, 'plugin').startsWith('caching_sha2'),
      );
      return findingIf(
        (isMariaDb || series < 800) && tooNew.length > 0,
        `${tooNew.map(accountNameOf).join(', ')} on ${aurora.name} logs in with caching_sha2_password, which ${source.name} cannot`,
      );
    },
  },
  {
    name: 'encryption-required',
    severity: 'blocks',
    looksAt: 'beside',
    expects: 'Aurora takes connections that the old source can make.',
    consequence: 'MySQL 5.6 speaks TLS 1.0 and 1.1 only, so replication back does not connect.',
    fix: `Set require_secure_transport = OFF ${inTheGroup} until the way back is closed.`,
    find: async ({aurora, source}) => {
      const {isMariaDb, series} = await source.version();
      return findingIf(
        isOn((await aurora.settings())['require_secure_transport']) && !isMariaDb && series < 507,
        `${aurora.name} has require_secure_transport = ON, and ${source.name} is MySQL 5.6`,
      );
    },
  },
];

interface Same extends Pick<AuroraCheck, 'expects' | 'consequence' | 'fix'> {
  /** What is compared. */
  value(settings: Settings): string;
  shown(settings: Settings): string;
}

function same(
  name: string,
  severity: AuroraCheck['severity'],
  {value, shown, ...words}: Same,
): AuroraCheck {
  return {
    name,
    severity,
    looksAt: 'beside',
    ...words,
    find: async ({aurora, source}) => {
      const [ours, its] = [await aurora.settings(), await source.settings()];
      return findingIf(
        value(ours) !== value(its),
        `${aurora.name} has ${shown(ours)}, and ${source.name} has ${shown(its)}`,
      );
    },
  };
}

function replicationAccount(
  name: string,
  {expects, pair}: {expects: string; pair: (beside: Beside) => {follower: Facts; leader: Facts}},
): AuroraCheck {
  return {
    name,
    severity: 'blocks',
    looksAt: 'beside',
    expects,
    consequence: 'Replication does not connect (IO errno 1045), or not get the log.',
    fix: 'Create it there: GRANT REPLICATION SLAVE ON *.*, and name it under replication in the inventory.',
    find: async (beside) => {
      const {follower, leader} = pair(beside);
      const user = follower.server.replicationUser;
      if (user === undefined) {
        return [{is: `the inventory names no account with which ${follower.name} could follow`}];
      }
      const allowed = (await leader.rows(replicatingSql)).some((row) =>
        columnValue(row, 'grantee').startsWith(`'${user}'@`),
      );
      return findingIf(!allowed, `${leader.name} has no account ${user} that may replicate`);
    },
  };
}

/** MySQL 8 and MariaDB 11 can be told another one than the character set's own. */
async function meantByUtf8mb4(server: Facts): Promise<string> {
  const {default_collation_for_utf8mb4: inMysql, character_set_collations: inMariadb = ''} =
    await server.settings();
  const told = inMysql ?? /\butf8mb4=(\w+)/.exec(inMariadb)?.[1];
  return told ?? columnValue((await server.rows(utf8mb4Sql))[0] ?? {}, 'collation');
}

const utf8mb4Sql = `
  SELECT collation_name AS collation FROM information_schema.collations
   WHERE character_set_name = 'utf8mb4' AND is_default = 'Yes'`;

const sessionCollationsSql = `
  SELECT t.processlist_user AS user, t.processlist_host AS host, v.variable_value AS collation
    FROM performance_schema.variables_by_thread v JOIN performance_schema.threads t ON t.thread_id = v.thread_id
   WHERE v.variable_name = 'collation_connection' AND t.type = 'FOREGROUND' AND t.processlist_id <> CONNECTION_ID()
     AND t.processlist_command NOT LIKE 'Binlog Dump%' AND t.processlist_user NOT IN ('rdsadmin', 'event_scheduler')
   ORDER BY user, host, collation`;

const reservedSql = 'SELECT word AS word FROM information_schema.keywords WHERE reserved = 1';

const replicatingSql = `
  SELECT grantee AS grantee FROM information_schema.user_privileges WHERE privilege_type = 'REPLICATION SLAVE'`;

async function smaller(aurora: Facts, source: Facts, name: string): Promise<readonly Found[]> {
  const [ours, its] = [(await aurora.settings())[name], (await source.settings())[name]];
  return findingIf(
    Number(ours) < Number(its),
    `${aurora.name} has ${name} = ${ours}, and ${source.name} has ${its}`,
  );
}

/** Columns of the first that the second could not have. */
async function unknownCollations(has: Facts, knows: Facts): Promise<readonly Found[]> {
  const known = await collationsOf(knows);
  const used = new Map<string, number>();
  for (const row of await has.rows(columnsSql)) {
    const collation = nameOfCollation(columnValue(row, 'collation'));
    if (collation !== '' && !known.has(collation)) {
      used.set(collation, (used.get(collation) ?? 0) + 1);
    }
  }
  return listed(
    (count) =>
      `${has.name} uses ${count} ${plural(count, 'collation')} that ${knows.name} does not know`,
    [...used].map(([collation, count]) => `${collation} (${count} ${plural(count, 'column')})`),
  );
}

async function collationsOf(server: Facts): Promise<ReadonlySet<string>> {
  // MariaDB has collations for several character sets under one name, and the whole names only here.
  const sql = (await server.settings())['character_set_collations']
    ? 'SELECT full_collation_name AS name FROM information_schema.collation_character_set_applicability'
    : 'SELECT collation_name AS name FROM information_schema.collations';
  return new Set((await server.rows(sql)).map((row) => nameOfCollation(columnValue(row, 'name'))));
}

/** utf8 is the older name of utf8mb3. */
const nameOfCollation = (name: string): string => name.replace(/^utf8_/, 'utf8mb3_');

const knowsZones = async (server: Facts): Promise<boolean> =>
  (await server.rows("SELECT CONVERT_TZ('2020-06-01', 'UTC', 'Europe/Berlin') AS there"))[0]?.[
    'there'
  ] !== null;

function zoneOf({time_zone: zone = '', system_time_zone: system = ''}: Settings): string {
  const effective = zone === 'SYSTEM' ? system : zone;
  return ['UTC', 'Etc/UTC', 'GMT', '+00:00'].includes(effective) ? 'UTC' : effective;
}

function steps({auto_increment_increment: step, auto_increment_offset: offset}: Settings): string {
  return `auto_increment_increment = ${step} and auto_increment_offset = ${offset}`;
}

/** 5.5, 5.6, 5.7, 8.0 and 8.4 follow each other; all of 9 come after. */
function seriesOf(series: number): number {
  const order = [505, 506, 507, 800, 804];
  const known = order.filter((one) => one <= series).length;
  return series >= 900 ? order.length + 1 : known;
}
