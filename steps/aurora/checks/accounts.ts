import {listed} from '../../../src/index.ts';
import {
  accountNameOf,
  accountsSql,
  columnValue,
  exceptSystemSchemas,
  type Facts,
  plural,
  type Row,
  rolesOf,
} from '../../mysql/index.ts';
import type {AuroraCheck} from './check.ts';

/** Scope to privileges: `*.*`, `shop.*`, `shop.orders`. */
type Privileges = ReadonlyMap<string, ReadonlySet<string>>;

/** Accounts of the source and their privileges. */
export const accountChecks: readonly AuroraCheck[] = [
  {
    name: 'account-missing-on-aurora',
    severity: 'warns',
    looksAt: 'both',
    expects: 'Every account of the source exists on Aurora.',
    consequence:
      'Accounts are not replicated to Aurora: after the cutover a client whose account is missing cannot log in.',
    fix: 'On Aurora, create each account that is still used, with the host part of its new clients.',
    find: async ({aurora, source}) => {
      const [onAurora, onSource] = await Promise.all(
        [aurora, source].map((server) => server.rows(accountsSql)),
      );
      const users = new Set((onAurora ?? []).map((row) => columnValue(row, 'user')));
      const missing = (onSource ?? []).filter(
        (row) =>
          !users.has(columnValue(row, 'user')) &&
          !isSystemAccount(columnValue(row, 'user'), source),
      );
      return listed(
        (count) => `${aurora.name} lacks ${count} ${plural(count, 'account')} of ${source.name}`,
        missing.map(accountNameOf),
      );
    },
  },
  {
    name: 'privileges-missing-on-aurora',
    severity: 'warns',
    looksAt: 'both',
    expects:
      'An account that exists on both sides has the same privileges for data on Aurora as on the source.',
    consequence: 'After the cutover its statements are refused (errno 1142, 1044).',
    fix: 'GRANT the missing privileges on Aurora, directly or through a default role.',
    find: async ({aurora, source}) => {
      const [onAurora, onSource] = await Promise.all([
        privilegesByUser(aurora),
        privilegesByUser(source),
      ]);
      const users = [...onSource].filter(
        ([user]) => onAurora.has(user) && !isSystemAccount(user, source),
      );
      return listed(
        (count) =>
          `${aurora.name} lacks ${count} of the privileges that accounts have on ${source.name}`,
        users.flatMap(([user, privileges]) =>
          missingPrivileges(user, privileges, onAurora.get(user) ?? new Map()),
        ),
      );
    },
  },
];

/** Accounts that no application uses: the server's own, and switcharoo's. */
const isSystemAccount = (user: string, source: Facts): boolean =>
  user === source.server.user || user === 'root' || /^(mysql|mariadb)\./.test(user);

/** "shop: INSERT, UPDATE ON shop.*", a text for each scope. */
function missingPrivileges(
  user: string,
  expected: Privileges,
  actual: Privileges,
): readonly string[] {
  return [...expected].flatMap(([scope, privileges]) => {
    const [schema = ''] = scope.split('.');
    const missing = [...privileges].filter(
      (privilege) =>
        !['*.*', `${schema}.*`, scope].some((level) => actual.get(level)?.has(privilege)),
    );
    return missing.length === 0 ? [] : [`${user}: ${missing.sort().join(', ')} ON ${scope}`];
  });
}

/** All accounts of a user name together, with their roles: the hosts of an account differ between the two sides. */
async function privilegesByUser(server: Facts): Promise<ReadonlyMap<string, Privileges>> {
  const [rows, roles, owners] = await Promise.all([
    server.rows(privilegesSql),
    rolesOf(server),
    server.rows(accountsSql),
  ]);
  const users = new Map<string, Map<string, Set<string>>>();
  // An account without any privilege is listed, too.
  for (const owner of owners) {
    const [user, account] = [
      columnValue(owner, 'user'),
      `'${columnValue(owner, 'user')}'@'${columnValue(owner, 'host')}'`,
    ];
    const privileges = users.get(user) ?? new Map<string, Set<string>>();
    users.set(user, privileges);
    const holders = [account, ...(roles.get(account) ?? [])];
    for (const row of rows.filter((grant) => holders.includes(columnValue(grant, 'grantee')))) {
      const scope = scopeOf(row);
      privileges.set(
        scope,
        (privileges.get(scope) ?? new Set()).add(columnValue(row, 'privilege')),
      );
    }
  }
  return users;
}

// Grants escape `_` and `%` in the name of a schema; both sides are compared without the escapes.
const scopeOf = (row: Row): string =>
  `${columnValue(row, 's') || '*'}.${columnValue(row, 't') || '*'}`.replaceAll('\\', '');

const withData =
  "privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'EXECUTE', 'CREATE TEMPORARY TABLES', 'LOCK TABLES', 'CREATE', 'ALTER', 'DROP', 'INDEX', 'REFERENCES', 'TRIGGER', 'EVENT', 'CREATE VIEW', 'SHOW VIEW', 'CREATE ROUTINE', 'ALTER ROUTINE')";

const privilegesSql = `
  SELECT grantee AS grantee, '' AS s, '' AS t, privilege_type AS privilege
    FROM information_schema.user_privileges WHERE ${withData}
  UNION ALL SELECT grantee, table_schema, '', privilege_type
    FROM information_schema.schema_privileges WHERE ${withData} AND ${exceptSystemSchemas('table_schema')}
  UNION ALL SELECT grantee, table_schema, table_name, privilege_type
    FROM information_schema.table_privileges WHERE ${withData} AND ${exceptSystemSchemas('table_schema')}
  ORDER BY 1, 2, 3, 4`;
