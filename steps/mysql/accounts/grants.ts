import {errnoOf} from '../dialect/dialect.ts';
import type {Row} from '../session/contract.ts';

type Read = (sql: string) => Promise<readonly Row[]>;

/** Scope (as GRANT takes it) to privileges, `ALL PRIVILEGES` among them. */
export type Granted = ReadonlyMap<string, ReadonlySet<string>>;

export interface Grants {
  /**
   * The privileges of a session at its start: of the account, its default roles and the roles granted to them, and of
   * PUBLIC.
   */
  readonly own: Granted;
  /** The privileges that each role of the account would add, if a session set it. */
  readonly idle: ReadonlyMap<string, Granted>;
}

/** The privileges of this session's account, also through roles. */
export async function ownGrants(read: Read): Promise<Grants> {
  // Without FOR it lists this session: MySQL includes the active roles, MariaDB has lines for each of them and for
  // PUBLIC.
  const lines = linesOf(await read('SHOW GRANTS'));
  const idle = await Promise.all(
    rolesIn(lines).map(async ({role, sql}) => {
      // An account may list the privileges of its own roles; where a server refuses that, they are unknown.
      const rows = await read(sql).catch(noneIfRefused);
      return [role, grantedBy(linesOf(rows))] as const;
    }),
  );
  return {own: grantedBy(lines), idle: new Map(idle)};
}

function noneIfRefused(cause: unknown): readonly Row[] {
  if (errnoOf(cause) === null) {
    throw cause;
  }
  return [];
}

const linesOf = (rows: readonly Row[]): readonly string[] =>
  rows.map((row) => String(Object.values(row)[0]));

/** Reads the lines of SHOW GRANTS. A line may have the password's hash: only privileges and scopes are read from it. */
export function grantedBy(lines: readonly string[]): Granted {
  const byScope = new Map<string, Set<string>>();
  for (const line of lines) {
    const [, names, database = '', table = ''] =
      /^GRANT (.+?) ON (`(?:[^`]|``)+`|\*)\.(`(?:[^`]|``)+`|\*) TO /.exec(line) ?? [];
    if (names === undefined) {
      continue;
    }
    // In a database name, `_` and `%` are patterns unless escaped (MySQL manual, GRANT).
    const scope = `${database.replaceAll('\\', '')}.${table}`;
    const privileges = byScope.get(scope) ?? new Set<string>();
    byScope.set(scope, privileges);
    for (const privilege of names.replaceAll(/ \([^)]*\)/g, ' (columns)').split(/, ?/)) {
      privileges.add(privilege);
    }
  }
  return byScope;
}

/** Whether one of the privileges is granted on *.*. */
export const hasEverywhere = (granted: Granted, privileges: readonly string[]): boolean =>
  ['ALL PRIVILEGES', ...privileges].some((privilege) => granted.get('*.*')?.has(privilege));

/**
 * The roles granted to the account itself, and the statement that lists the privileges of each; MariaDB's have no
 * host.
 */
export function rolesIn(
  lines: readonly string[],
): readonly {readonly role: string; readonly sql: string}[] {
  const name = '`(?:[^`]|``)*`';
  const given = new RegExp(`^GRANT ((?:${name}(?:@${name})?,?)+) TO ${name}@${name}`);
  return lines.flatMap((line) => {
    const roles = given.exec(line)?.[1]?.match(new RegExp(`${name}(?:@${name})?`, 'g')) ?? [];
    return roles.map((role) => ({
      role: unquoted(role),
      sql: role.includes('`@`')
        ? `SHOW GRANTS FOR CURRENT_USER() USING ${role}`
        : `SHOW GRANTS FOR ${role}`,
    }));
  });
}

/** A role without quotes, and without the host `%` that MySQL adds to a role created without one. */
const unquoted = (role: string): string =>
  role
    .replace(/@`%`$/, '')
    .replaceAll(/`((?:[^`]|``)*)`/g, (_, name: string) => name.replaceAll('``', '`'));
