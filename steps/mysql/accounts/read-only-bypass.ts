import {quoted} from '../compare/row-text.ts';
import {errnoOf, type Traits} from '../dialect/dialect.ts';
import type {Row} from '../session/contract.ts';
import {grantedBy, hasEverywhere} from './grants.ts';
import {everyAccount, type Holders, type RoleGrant, roleGrantsOf, withRoles} from './roles.ts';

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
