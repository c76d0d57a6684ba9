import type {Facts} from '../checks/facts.ts';
import type {Row} from '../session/contract.ts';

/** The holders of a privilege, also through roles: `'user'@'host'`, and a role as `'role'@''`. */
export type Holders = ReadonlySet<string>;

/** A role, and its grantee: an account, another role, or PUBLIC. */
export interface RoleGrant {
  readonly role: string;
  readonly to: string;
}

export const holderOf = (user: unknown, host: unknown): string => `'${user}'@'${host}'`;

/** Every account, in MariaDB 10.11 and later. */
export const everyAccount = holderOf('PUBLIC', '');

/** Rows with the columns `role`, `role_host`, `user` and `host`. */
export const roleGrantsOf = (rows: readonly Row[]): readonly RoleGrant[] =>
  rows.map((row) => ({
    role: holderOf(row['role'], row['role_host']),
    to: holderOf(row['user'], row['host']),
  }));

/**
 * Adds the grantees of each role that has the privilege, at any depth. A role that is not set at login counts, too: its
 * grantee may set it at any time.
 */
export function withRoles(holders: Holders, grants: readonly RoleGrant[]): Holders {
  const all = new Set(holders);
  for (let size = -1; size !== all.size; ) {
    size = all.size;
    for (const {role, to} of grants) {
      if (all.has(role)) {
        all.add(to);
      }
    }
  }
  return all;
}

/** The roles of each account, at any depth. MariaDB has no table of the privileges of its roles. */
export async function rolesOf(server: Facts): Promise<ReadonlyMap<string, readonly string[]>> {
  const {isMariaDb, series} = await server.version();
  const grants = isMariaDb || series < 800 ? [] : roleGrantsOf(await server.rows(roleEdgesSql));
  const roles = new Set(grants.map(({role}) => role));
  const accounts = [...new Set(grants.map(({to}) => to))];
  return new Map(
    accounts.map((account) => [
      account,
      [...roles].filter((role) => withRoles(new Set([role]), grants).has(account)),
    ]),
  );
}

/** Who has which role, in MySQL from 8.0 on. */
export const roleEdgesSql = `
  SELECT from_user AS role, from_host AS role_host, to_user AS user, to_host AS host FROM mysql.role_edges`;
