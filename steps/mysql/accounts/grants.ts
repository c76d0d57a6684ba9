import {errnoOf} from '../dialect/dialect.ts';
import type {Row} from '../session/contract.ts';

type Read = (sql: string) => Promise<readonly Row[]>;

/** Scope (as GRANT takes it) to privileges, `ALL PRIVILEGES` among them. */
export type Granted = ReadonlyMap<string, ReadonlySet<string>>;

export interface Grants {
  /**
   * What a session has at its start: the account's own, those of its default roles and of what these were given,
   * everybody's.
   */
  readonly own: Granted;
  /** What a role of the account would add, if a session set it. */
  readonly idle: ReadonlyMap<string, Granted>;
}

/** What the account of this session may do, also by roles. */
export async function ownGrants(read: Read): Promise<Grants> {
  // Without FOR it tells of this session: MySQL adds what the active roles have, MariaDB the lines of each, and
  // PUBLIC's.
  const lines = linesOf(await read('SHOW GRANTS'));
  const idle = new Map<string, Granted>();
  for (const {role, sql} of rolesIn(lines)) {
    // What an account's own role holds is no secret to it; where it is, there is nothing to tell of it.
    const rows = await read(sql).catch(noneIfRefused);
    idle.set(role, grantedBy(linesOf(rows)));
  }
  return {own: grantedBy(lines), idle};
}

function noneIfRefused(cause: unknown): readonly Row[] {
  if (errnoOf(cause) === null) {
    throw cause;
  }
  return [];
}

const linesOf = (rows: readonly Row[]): readonly string[] =>
  rows.map((row) => String(Object.values(row)[0]));

/**
 * Reads what SHOW GRANTS lists. A line may hold the hash of the password: only privileges and scopes are taken out of
 * it.
 */
export function grantedBy(lines: readonly string[]): Granted {
  const byScope = new Map<string, Set<string>>();
  for (const line of lines) {
    const [, names, database = '', table = ''] =
      /^GRANT (.+?) ON (`(?:[^`]|``)+`|\*)\.(`(?:[^`]|``)+`|\*) TO /.exec(line) ?? [];
    if (names === undefined) {
      continue;
    }
    // Of a database, `_` and `%` are patterns unless they are escaped (MySQL manual, GRANT).
    const scope = `${database.replaceAll('\\', '')}.${table}`;
    const privileges = byScope.get(scope) ?? new Set<string>();
    byScope.set(scope, privileges);
    for (const privilege of names.replaceAll(/ \([^)]*\)/g, ' (columns)').split(/, ?/)) {
      privileges.add(privilege);
    }
  }
  return byScope;
}

/** Whether one of the privileges is held everywhere. */
export const hasEverywhere = (granted: Granted, privileges: readonly string[]): boolean =>
  ['ALL PRIVILEGES', ...privileges].some((one) => granted.get('*.*')?.has(one));

/** The roles that the account itself was given, and how each one's privileges are asked for; MariaDB's have no host. */
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

/** A role as people call it: MySQL gives `%` to one that was made without a host. */
const unquoted = (role: string): string =>
  role
    .replace(/@`%`$/, '')
    .replaceAll(/`((?:[^`]|``)*)`/g, (_, name: string) => name.replaceAll('``', '`'));
