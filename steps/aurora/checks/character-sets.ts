import {listed, type Observation} from '../../../src/index.ts';
import {accountNameOf, columnValue, type Facts, findingIf, plural} from '../../mysql/index.ts';
import type {AuroraCheck} from './check.ts';
import {sameSetting} from './same-setting.ts';

const inTheGroup = 'in the cluster parameter group';

/** Character sets and collations: both sides must support those that are used. */
export const characterSetChecks: readonly AuroraCheck[] = [
  sameSetting('character-set-differs', 'warns', {
    expects: 'New tables get the same character set and collation on both sides.',
    consequence:
      'Tables that are created after the cutover sort and compare differently, and joins with older ones fail (errno 1267).',
    fix: `Set character_set_server and collation_server ${inTheGroup} to those of the source.`,
    value: ({collation_server: collation = ''}) => canonicalCollation(collation),
    shown: ({collation_server: collation}) => `collation_server = ${collation}`,
  }),
  {
    name: 'server-collation-unknown-to-source',
    severity: 'blocks',
    looksAt: 'both',
    expects: "The source supports Aurora's collation_server.",
    consequence:
      "Every binary log event names it, and reverse replication stops at the first one (error 22, character set '#255').",
    fix: `Set collation_server = utf8mb4_general_ci ${inTheGroup}, and configure the application's driver to use it.`,
    find: async ({aurora, source}) => {
      const [{collation_server: collation = ''}, supported] = await Promise.all([
        aurora.settings(),
        collationsOf(source),
      ]);
      return findingIf(
        !supported.has(canonicalCollation(collation)),
        `${aurora.name} has collation_server = ${collation}, which ${source.name} does not support`,
      );
    },
  },
  {
    name: 'collation-unknown-to-aurora',
    severity: 'blocks',
    looksAt: 'both',
    expects: "Aurora supports every collation of the source's columns.",
    consequence: 'The load or the replicated CREATE TABLE fails (errno 1273).',
    fix: 'ALTER TABLE … CONVERT TO a collation that both support, before the seed.',
    find: ({aurora, source}) => unknownCollations(source, aurora),
  },
  {
    name: 'collation-unknown-to-source',
    severity: 'blocks',
    looksAt: 'both',
    expects: "The source supports every collation of Aurora's columns.",
    consequence: 'Reverse replication stops at such a table (error 22).',
    fix: 'ALTER TABLE … CONVERT TO a collation that both support.',
    find: ({aurora, source}) => unknownCollations(aurora, source),
  },
  {
    name: 'session-collation-unknown-to-source',
    severity: 'warns',
    looksAt: 'both',
    expects:
      'Every session of Aurora has a collation that the source supports (needs performance_schema = ON).',
    consequence:
      "Every binary log event of a session names its collation, and reverse replication stops there (error 22, character set '#255').",
    fix: 'Configure the driver for utf8mb4_general_ci, or SET NAMES utf8mb4 COLLATE utf8mb4_general_ci in each session.',
    find: async ({aurora, source}) => {
      const {isMariaDb, series} = await aurora.version();
      // Neither MariaDB nor MySQL before 5.7 shows the variables of other sessions.
      const [rows, supported] = await Promise.all([
        isMariaDb || series < 507 ? [] : aurora.rows(sessionCollationsSql),
        collationsOf(source),
      ]);
      return listed(
        (count) =>
          `${count} ${plural(count, 'session')} of ${aurora.name} with a collation that ${source.name} does not support`,
        rows
          .filter((row) => !supported.has(canonicalCollation(columnValue(row, 'collation'))))
          .map((row) => `${accountNameOf(row)} (${columnValue(row, 'collation')})`),
      );
    },
  },
  {
    name: 'utf8mb4-default-unknown-to-source',
    severity: 'warns',
    looksAt: 'both',
    expects: 'The source supports the collation that SET NAMES utf8mb4 selects on Aurora.',
    consequence:
      "Sessions of drivers that send it, and tables created with utf8mb4 alone, get that collation, and reverse replication stops there (error 22, character set '#255').",
    fix: 'Name the collation in the driver (SET NAMES utf8mb4 COLLATE utf8mb4_general_ci) and in CREATE TABLE.',
    find: async ({aurora, source}) => {
      const [collation, supported] = await Promise.all([
        defaultForUtf8mb4(aurora),
        collationsOf(source),
      ]);
      return findingIf(
        !supported.has(canonicalCollation(collation)),
        `SET NAMES utf8mb4 on ${aurora.name} selects ${collation}, which ${source.name} does not support`,
      );
    },
  },
];

/** MySQL 8 and MariaDB 11 have a setting for another default than the character set's own. */
async function defaultForUtf8mb4(server: Facts): Promise<string> {
  const {default_collation_for_utf8mb4: inMysql, character_set_collations: inMariadb = ''} =
    await server.settings();
  const configured = inMysql ?? /\butf8mb4=(\w+)/.exec(inMariadb)?.[1];
  return configured ?? columnValue((await server.rows(utf8mb4Sql))[0] ?? {}, 'collation');
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

/** Collations of the columns of `server` that `other` does not support. */
async function unknownCollations(server: Facts, other: Facts): Promise<readonly Observation[]> {
  const [supported, {columns}] = await Promise.all([collationsOf(other), server.tables()]);
  const used = new Map<string, number>();
  for (const row of columns) {
    const collation = canonicalCollation(columnValue(row, 'collation'));
    if (collation !== '' && !supported.has(collation)) {
      used.set(collation, (used.get(collation) ?? 0) + 1);
    }
  }
  return listed(
    (count) =>
      `${server.name} uses ${count} ${plural(count, 'collation')} that ${other.name} does not support`,
    [...used].map(([collation, count]) => `${collation} (${count} ${plural(count, 'column')})`),
  );
}

async function collationsOf(server: Facts): Promise<ReadonlySet<string>> {
  // MariaDB has one name for collations of several character sets; only this table has the full names.
  const sql = (await server.settings())['character_set_collations']
    ? 'SELECT full_collation_name AS name FROM information_schema.collation_character_set_applicability'
    : 'SELECT collation_name AS name FROM information_schema.collations';
  return new Set(
    (await server.rows(sql)).map((row) => canonicalCollation(columnValue(row, 'name'))),
  );
}

/** utf8 is the older name of utf8mb3. */
const canonicalCollation = (name: string): string => name.replace(/^utf8_/, 'utf8mb3_');
