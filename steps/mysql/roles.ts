import type {Row} from './line.ts';

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
