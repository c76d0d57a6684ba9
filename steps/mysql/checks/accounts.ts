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
      'A server shows an account only what it has rights on: other checks would find nothing where there is something.',
    fix: 'GRANT SELECT, SHOW VIEW, EVENT, TRIGGER, PROCESS, REPLICATION CLIENT ON *.* TO it, or SET DEFAULT ROLE to one that has them.',
    find: async (server) => {
      const {own, idle} = await ownGrants(server.rows);
      return listed(
        (count) =>
          `the account ${server.server.user} lacks ${count} ${plural(count, 'right')} on ${server.name}`,
        seeing
          .filter((names) => !hasEverywhere(own, names))
          .map((names) => lackedText(names, idle)),
      );
    },
  },
  {
    name: 'read-only-bypass',
    severity: 'asks',
    of: 'source',
    expects: 'No account but the administrator may write although read_only is set.',
    consequence: 'Will none of them write during the cutover?',
    fix: 'Revoke SUPER (in MariaDB READ_ONLY ADMIN) where it is not needed, and stop their jobs.',
    find: async (server) =>
      listed(
        (count) =>
          `${server.name} has ${count} ${plural(count, 'account')} that read_only does not bind`,
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
        (count) =>
          `${count} ${plural(count, 'account')} of ${server.name} with an old password hash`,
        rows.map(accountNameOf),
      );
    },
  },
];

/** What a step's account needs for the checks. */
export const checkPrivileges = [
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

function lackedText(names: readonly string[], idle: Grants['idle']): string {
  const roles = [...idle].filter(([, granted]) => hasEverywhere(granted, names));
  return roles.length === 0
    ? `${names[0]}`
    : `${names[0]} (its role ${roles.map(([role]) => role).join(' or ')} has it, and is not set when it logs in)`;
}

/** Roles have no host. */
export const accountsSql = `
  SELECT user AS user, host AS host, plugin AS plugin FROM mysql.user ORDER BY user, host`;

export const accountNameOf = (row: Row): string =>
  `${columnValue(row, 'user')}@${columnValue(row, 'host')}`;

const oldHashesSql = `
  SELECT user AS user, host AS host FROM mysql.user
   WHERE plugin = 'mysql_old_password' OR LENGTH(password) = 16 ORDER BY user, host`;
