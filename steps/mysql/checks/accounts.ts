import {listed} from '../../../src/index.ts';
import {accountText} from '../accounts.ts';
import type {Row} from '../line.ts';
import type {MysqlCheck} from './check.ts';
import {text} from './facts.ts';
import {are} from './tables.ts';

export const accountChecks: readonly MysqlCheck[] = [
  {
    name: 'account-sees-too-little',
    severity: 'blocks',
    expects:
      "switcharoo's own account sees every table, view, routine, trigger, event and session.",
    consequence:
      'A server shows an account only what it has rights on: other checks would find nothing where there is something.',
    fix: 'GRANT SELECT, SHOW VIEW, EVENT, TRIGGER, PROCESS, REPLICATION CLIENT ON *.* TO it.',
    find: async (server) => {
      const own = (await server.rows(ownPrivilegesSql)).map((row) => text(row, 'privilege'));
      return listed(
        (count) =>
          `the account ${server.server.user} lacks ${count} ${are(count, 'right')} on ${server.name}`,
        seeing
          .filter((names) => !own.some((name) => (names as readonly string[]).includes(name)))
          .map(([name]) => name),
      );
    },
  },
  {
    name: 'not-bound-by-the-freeze',
    severity: 'asks',
    of: 'source',
    expects: 'No account but the administrator may write although read_only is set.',
    consequence: 'Will none of them write during the cutover?',
    fix: 'Revoke SUPER (in MariaDB READ_ONLY ADMIN) where it is not needed, and stop their jobs.',
    find: async (server) =>
      listed(
        (count) =>
          `${server.name} has ${count} ${are(count, 'account')} that read_only does not bind`,
        (await server.server.accounts(server.signal))
          .filter(({bound, locked}) => !bound && !locked)
          .map(accountText),
      ),
  },
  {
    name: 'old-password-hash',
    severity: 'warns',
    of: 'source',
    expects: 'No account has a password hash from before MySQL 4.1.',
    consequence: 'Nobody can log in with it from MySQL 5.7 on, Aurora included.',
    fix: 'SET old_passwords = 0, then set the password anew.',
    find: async (server) => {
      const {isMariaDb, series} = await server.version();
      // From 5.7 on MySQL has neither such hashes nor the column.
      const rows = isMariaDb || series < 507 ? await server.rows(oldHashesSql) : [];
      return listed(
        (count) => `${count} ${are(count, 'account')} of ${server.name} with an old password hash`,
        rows.map(accountOf),
      );
    },
  },
];

/** What a step's account needs for the checks. */
export const toSeeEverything = [
  'SELECT ON *.*',
  'SHOW VIEW ON *.*',
  'EVENT ON *.*',
  'TRIGGER ON *.*',
  'PROCESS',
  'REPLICATION CLIENT',
];

// MariaDB has another name for the last one from 10.5 on.
const seeing = [
  ['SELECT'],
  ['SHOW VIEW'],
  ['EVENT'],
  ['TRIGGER'],
  ['PROCESS'],
  ['REPLICATION CLIENT', 'BINLOG MONITOR'],
] as const satisfies readonly (readonly [string, ...string[]])[];

// The account as the server knows it; the part after the last @ is its host.
const ownPrivilegesSql = `
  SELECT privilege_type AS privilege FROM information_schema.user_privileges
   WHERE grantee = CONCAT('''', LEFT(CURRENT_USER(), CHAR_LENGTH(CURRENT_USER()) - CHAR_LENGTH(SUBSTRING_INDEX(CURRENT_USER(), '@', -1)) - 1),
     '''@''', SUBSTRING_INDEX(CURRENT_USER(), '@', -1), '''')`;

/** Roles have no host. */
export const accountsSql = `
  SELECT user AS user, host AS host, plugin AS plugin FROM mysql.user ORDER BY user, host`;

export const accountOf = (row: Row): string => `${text(row, 'user')}@${text(row, 'host')}`;

const oldHashesSql = `
  SELECT user AS user, host AS host FROM mysql.user
   WHERE plugin = 'mysql_old_password' OR LENGTH(password) = 16 ORDER BY user, host`;
