import {listed} from '../../../src/index.ts';
import {accountText} from '../accounts/accounts.ts';
import {type Grants, hasEverywhere, ownGrants} from '../accounts/grants.ts';
import type {Row} from '../session/contract.ts';
import type {MysqlCheck} from './check.ts';
import {columnValue} from './facts.ts';
import {plural} from './tables.ts';

export const accountChecks: readonly MysqlCheck[] = [
  {
    name: 'account-privileges-missing',
    severity: 'blocks',
    expects:
      "switcharoo's own account sees every table, view, routine, trigger, event and session.",
    consequence:
      'A server shows an account only the objects that it has privileges on, so other checks miss the rest.',
    fix: 'GRANT SELECT, SHOW VIEW, EVENT, TRIGGER, PROCESS, REPLICATION CLIENT ON *.* TO the account, or SET DEFAULT ROLE to a role that has them.',
    find: async (server) => {
      const {own, idle} = await ownGrants(server.rows);
      return listed(
        (count) =>
          `the account ${server.server.user} lacks ${count} ${plural(count, 'privilege')} on ${server.name}`,
        readPrivileges
          .filter((names) => !hasEverywhere(own, names))
          .map((names) => missingPrivilegeText(names, idle)),
      );
    },
  },
  {
    name: 'read-only-bypass',
    severity: 'asks',
    of: 'source',
    expects: 'No account except the administrator can write while read_only is set.',
    consequence: 'Will none of these accounts write during the cutover?',
    fix: 'REVOKE SUPER (READ_ONLY ADMIN in MariaDB) where it is not needed, and stop the jobs of these accounts.',
    find: async (server) =>
      listed(
        (count) =>
          `${server.name} has ${count} ${plural(count, 'account')} that ${plural(count, 'bypasses', 'bypass')} read_only`,
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
    consequence: 'MySQL 5.7 and later, Aurora included, refuse the login.',
    fix: 'SET old_passwords = 0, then SET PASSWORD again.',
    find: async (server) => {
      const {isMariaDb, series} = await server.version();
      // MySQL has neither such hashes nor the column from 5.7 on.
      const rows = isMariaDb || series < 507 ? await server.rows(oldHashesSql) : [];
      return listed(
        (count) =>
          `${count} ${plural(count, 'account')} of ${server.name} ${plural(count, 'has', 'have')} an old password hash`,
        rows.map(accountNameOf),
      );
    },
  },
];

/** The privileges that the account of a step needs for the checks. */
export const checkPrivileges = [
  'SELECT ON *.*',
  'SHOW VIEW ON *.*',
  'EVENT ON *.*',
  'TRIGGER ON *.*',
  'PROCESS',
  'REPLICATION CLIENT',
];

// MariaDB has another name for the last one from 10.5 on.
const readPrivileges = [
  ['SELECT'],
  ['SHOW VIEW'],
  ['EVENT'],
  ['TRIGGER'],
  ['PROCESS'],
  ['REPLICATION CLIENT', 'BINLOG MONITOR'],
] as const satisfies readonly (readonly [string, ...string[]])[];

function missingPrivilegeText(names: readonly string[], idle: Grants['idle']): string {
  const roles = [...idle].filter(([, granted]) => hasEverywhere(granted, names));
  return roles.length === 0
    ? `${names[0]}`
    : `${names[0]} (the role ${roles.map(([role]) => role).join(' or ')} has it, but is not set at login)`;
}

/** With MariaDB's roles, which have no host. */
export const accountsSql = `
  SELECT user AS user, host AS host, plugin AS plugin FROM mysql.user ORDER BY user, host`;

export const accountNameOf = (row: Row): string =>
  `${columnValue(row, 'user')}@${columnValue(row, 'host')}`;

const oldHashesSql = `
  SELECT user AS user, host AS host FROM mysql.user
   WHERE plugin = 'mysql_old_password' OR LENGTH(password) = 16 ORDER BY user, host`;
