import {listed} from '../../../src/index.ts';
import {
  accountsSql,
  columnValue,
  exceptSystemSchemas,
  type Facts,
  type Row,
  rolesOf,
} from '../../mysql/index.ts';
import type {AuroraCheck} from './check.ts';

/** Scope to privileges: `*.*`, `shop.*`, `shop.orders`. */
type Rights = ReadonlyMap<string, ReadonlySet<string>>;

export const rightsChecks: readonly AuroraCheck[] = [
  {
    name: 'rights-missing-on-aurora',
    severity: 'warns',
    looksAt: 'beside',
    expects:
      'An account that exists on both sides may do with the data on Aurora what it may on the source.',
    consequence: 'After the cutover its statements are refused (errno 1142, 1044).',
    fix: 'GRANT it on Aurora what it lacks, also by a role that is set when it logs in.',
    find: async ({aurora, source}) => {
      const [ours, its] = [await rightsByUser(aurora), await rightsByUser(source)];
      const users = [...its].filter(([user]) => ours.has(user) && !isServers(user, source));
      return listed(
        (count) =>
          `${aurora.name} lacks ${count} of the rights that accounts have on ${source.name}`,
        users.flatMap(([user, rights]) => lackedBy(user, rights, ours.get(user) ?? new Map())),
      );
    },
  },
];

/** Accounts that no application uses: the server's own, and switcharoo's. */
export const isServers = (user: string, source: Facts): boolean =>
  user === source.server.user || user === 'root' || /^(mysql|mariadb)\./.test(user);

/** "shop: INSERT, UPDATE ON shop.*", a text for each scope. */
function lackedBy(user: string, its: Rights, ours: Rights): readonly string[] {
  return [...its].flatMap(([scope, privileges]) => {
    const [schema = ''] = scope.split('.');
    const lacked = [...privileges].filter(
      (privilege) => !['*.*', `${schema}.*`, scope].some((one) => ours.get(one)?.has(privilege)),
    );
    return lacked.length === 0 ? [] : [`${user}: ${lacked.sort().join(', ')} ON ${scope}`];
  });
}

/** Of all accounts of one name together, for their hosts differ from one side to the other; and of their roles. */
async function rightsByUser(server: Facts): Promise<ReadonlyMap<string, Rights>> {
  const rows = await server.rows(rightsSql);
  const roles = await rolesOf(server);
  const found = new Map<string, Map<string, Set<string>>>();
  // One that has no right at all is there, too.
  for (const owner of await server.rows(accountsSql)) {
    const [user, account] = [
      columnValue(owner, 'user'),
      `'${columnValue(owner, 'user')}'@'${columnValue(owner, 'host')}'`,
    ];
    const rights = found.get(user) ?? new Map<string, Set<string>>();
    found.set(user, rights);
    const holders = [account, ...(roles.get(account) ?? [])];
    for (const row of rows.filter((one) => holders.includes(columnValue(one, 'grantee')))) {
      const scope = scopeOf(row);
      rights.set(scope, (rights.get(scope) ?? new Set()).add(columnValue(row, 'privilege')));
    }
  }
  return found;
}

// In the name of a schema `_` and `%` stand for others unless they are escaped; both sides are held against each other so.
const scopeOf = (row: Row): string =>
  `${columnValue(row, 's') || '*'}.${columnValue(row, 't') || '*'}`.replaceAll('\\', '');

const withData =
  "privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'EXECUTE', 'CREATE TEMPORARY TABLES', 'LOCK TABLES', 'CREATE', 'ALTER', 'DROP', 'INDEX', 'REFERENCES', 'TRIGGER', 'EVENT', 'CREATE VIEW', 'SHOW VIEW', 'CREATE ROUTINE', 'ALTER ROUTINE')";

const rightsSql = `
  SELECT grantee AS grantee, '' AS s, '' AS t, privilege_type AS privilege
    FROM information_schema.user_privileges WHERE ${withData}
  UNION ALL SELECT grantee, table_schema, '', privilege_type
    FROM information_schema.schema_privileges WHERE ${withData} AND ${exceptSystemSchemas('table_schema')}
  UNION ALL SELECT grantee, table_schema, table_name, privilege_type
    FROM information_schema.table_privileges WHERE ${withData} AND ${exceptSystemSchemas('table_schema')}
  ORDER BY 1, 2, 3, 4`;
