import {quoted} from '../compare/row-text.ts';
import type {MysqlReader, ServerAccount} from '../contract.ts';
import {errnoOf, isAtLeast, type Traits, traitsOf} from '../dialect/dialect.ts';
import type {Row} from '../session/contract.ts';
import {accountsOf, accountsSql, isLocalRoot} from './accounts.ts';
import {grantedBy, hasEverywhere} from './grants.ts';
import {
  everyAccount,
  type Holders,
  holderOf,
  type RoleGrant,
  roleEdgesSql,
  roleGrantsOf,
  withRoles,
} from './roles.ts';

type Read = (
  sql: string,
  signal?: AbortSignal,
  values?: readonly unknown[],
) => Promise<readonly Row[]>;

/** The accounts that bypass `read_only`: by a privilege of their own, or by a role. */
export async function bypassHoldersOf(
  traits: Traits,
  read: Read,
  signal?: AbortSignal,
): Promise<Holders> {
  const [rows, roleRows] = await Promise.all([
    read(privilegedSql, signal, [traits.pastReadOnly]),
    traits.roleGrantsSql === null ? null : read(traits.roleGrantsSql, signal),
  ]);
  const direct = new Set(rows.map(({grantee}) => String(grantee)));
  if (roleRows === null) {
    return direct;
  }
  const grants = roleGrantsOf(roleRows);
  const roles = await bypassRoles(traits, grants, read, signal);
  return withRoles(new Set([...direct, ...roles]), grants);
}

const privilegedSql =
  'SELECT DISTINCT grantee AS grantee FROM information_schema.user_privileges WHERE privilege_type IN (?)';

/** information_schema does not list the privileges of a role; SHOW GRANTS does. */
async function bypassRoles(
  {pastReadOnly}: Traits,
  grants: readonly RoleGrant[],
  read: Read,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const roles = [...new Set([everyAccount, ...grants.map((grant) => grant.role)])];
  const bypasses = await Promise.all(
    roles.map(async (role) => {
      const name = role.slice(1, -"'@''".length);
      const lines = await read(`SHOW GRANTS FOR ${quoted(name)}`, signal).catch(noneOf);
      const granted = grantedBy(lines.map((line) => String(Object.values(line)[0])));
      return hasEverywhere(granted, pastReadOnly);
    }),
  );
  return roles.filter((_, index) => bypasses[index]);
}

// ER_NONEXISTING_GRANT, ER_INVALID_ROLE: PUBLIC has no privileges, or does not exist before 10.11; or a role was just
// dropped.
function noneOf(cause: unknown): readonly Row[] {
  if ([1141, 1959].includes(errnoOf(cause) ?? 0)) {
    return [];
  }
  throw cause;
}

/**
 * The accounts that may log in and that `read_only` alone does not bind: without locked ones, which a role of MySQL is
 * unless somebody unlocks it, and without root on the machine itself.
 */
export const accountsPastReadOnly = async (
  server: MysqlReader,
  signal: AbortSignal,
): Promise<readonly ServerAccount[]> =>
  (await definersPastReadOnly(server, signal)).filter(
    (account) => !account.locked && !isLocalRoot(account),
  );

/**
 * All accounts that `read_only` alone does not bind, directly or by a role, whether or not they set it at login: what
 * they define as SQL SECURITY DEFINER writes for everybody who calls it, also while they are locked. `super_read_only`
 * is not counted: where `read_only` is set through a procedure, it stays OFF.
 */
export async function definersPastReadOnly(
  server: MysqlReader,
  signal: AbortSignal,
): Promise<readonly ServerAccount[]> {
  const settings = await server.settings(['version', 'mandatory_roles'], signal);
  const {version = '', mandatory_roles: mandatory = ''} = settings;
  const traits = traitsOf(version);
  const read: Read = (sql, stopping, values = []) => server.query(sql, values, stopping);
  const hasRoleEdges = traits.brand === 'mysql' && isAtLeast(version, [8, 0, 0]);
  const [rows, direct, edges] = await Promise.all([
    read(accountsSql(traits), signal),
    bypassHoldersOf(traits, read, signal),
    hasRoleEdges ? read(roleEdgesSql, signal) : [],
  ]);
  const grants = roleGrantsOf(edges);
  const holders = withRoles(direct, grants);
  const isForAll = rolesNamed(mandatory).some((role) => holders.has(role));
  return accountsOf(rows, isForAll ? new Set([...holders, everyAccount]) : holders).filter(
    ({bound}) => !bound,
  );
}

/** "`a`@`%`,b" as holders: a role without a host has the host `%`. */
const rolesNamed = (list: string): readonly string[] =>
  list
    .split(',')
    .map((name) => name.trim().replaceAll(/[`'"]/g, ''))
    .filter(Boolean)
    .map((name) => name.split('@'))
    .map(([user, host = '%']) => holderOf(user, host));
