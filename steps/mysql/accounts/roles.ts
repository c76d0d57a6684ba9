import type {Facts} from '../checks/facts.ts';
import type {Row} from '../session/contract.ts';

/** Who holds a privilege, also through roles: `'user'@'host'`, and a role as `'role'@''`. */
export type Holders = ReadonlySet<string>;

/** A role, and who was given it: an account, another role, or everybody. */
export interface RoleGrant {
  readonly role: string;
  readonly to: string;
}

export const holderOf = (user: unknown, host: unknown): string => `'${user}'@'${host}'`;

/** What MariaDB calls everybody, from 10.11 on. */
export const everybody = holderOf('PUBLIC', '');

/** Rows with the columns `role`, `role_host`, `user` and `host`. */
export const roleGrantsOf = (rows: readonly Row[]): readonly RoleGrant[] =>
  rows.map((row) => ({
    role: holderOf(row['role'], row['role_host']),
    to: holderOf(row['user'], row['host']),
  }));

/**
 * Adds who was given a role that holds it, at whatever depth. A role that is not set at login counts, too: its holder
 * may set it at any time.
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

/** The roles that each account has, at whatever depth. MariaDB does not tell in a table what its roles hold. */
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

const roleEdgesSql = `
  SELECT from_user AS role, from_host AS role_host, to_user AS user, to_host AS host FROM mysql.role_edges`;
