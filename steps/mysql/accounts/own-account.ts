import type {MysqlReader} from '../contract.ts';
import {errnoOf, isAtLeast, traitsOf} from '../dialect/dialect.ts';
import {type Grants, hasEverywhere, ownGrants} from './grants.ts';
import {missingNeeds} from './rights.ts';

/**
 * Why `read_only` binds switcharoo's own account on a server, in words; `null` where it does not. Where the server is
 * read-only a write is tried, which changes nothing; elsewhere the privileges tell, those of roles included.
 */
export async function boundByReadOnly(
  server: MysqlReader,
  signal: AbortSignal,
): Promise<string | null> {
  const [{readOnly}, grants, {version = ''}] = await Promise.all([
    server.fence(signal),
    ownGrants((sql) => server.query(sql, [], signal)),
    server.settings(['version'], signal),
  ]);
  const {brand, pastReadOnly} = traitsOf(version);
  const missing = hasEverywhere(grants.own, pastReadOnly)
    ? null
    : missingText(grants, pastReadOnly, privilegePast(brand, version));
  if (!readOnly) {
    return missing;
  }
  return (await isWriteRefused(server, signal))
    ? (missing ?? 'a write is refused (errno 1290)')
    : null;
}

/** The privilege with which an account writes while a server of this version is read-only. */
function privilegePast(brand: 'mysql' | 'mariadb', version: string): string {
  if (brand === 'mariadb') {
    return isAtLeast(version, [10, 11]) ? 'READ_ONLY ADMIN' : 'SUPER';
  }
  return isAtLeast(version, [8, 0, 0]) ? 'CONNECTION_ADMIN' : 'SUPER';
}

function missingText({idle}: Grants, privileges: readonly string[], privilege: string): string {
  const roles = [...idle].filter(([, granted]) => hasEverywhere(granted, privileges));
  return roles.length === 0
    ? privilege
    : `${privilege} (the role ${roles.map(([role]) => role).join(' or ')} has it, but is not set at login)`;
}

/**
 * The server looks at `read_only` first (deny_updates_if_read_only_option in sql/sql_parse.cc), then at privileges and
 * at the table; and this session can change no data (errno 1792).
 */
async function isWriteRefused(server: MysqlReader, signal: AbortSignal): Promise<boolean> {
  try {
    await server.query('DELETE FROM switcharoo.sentinel WHERE 1 = 0', [], signal);
    return false;
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno === null || errno <= 0) {
      throw cause;
    }
    return errno === optionPreventsStatement;
  }
}

const optionPreventsStatement = 1290;

/**
 * What switcharoo's account lacks to write its test rows and to read the binary log, a text each. The log is read to
 * try it.
 */
export async function missingForTestRows(
  server: MysqlReader,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const [{own}, {version = ''}, bound, readsLog] = await Promise.all([
    ownGrants((sql) => server.query(sql, [], signal)),
    server.settings(['version'], signal),
    boundByReadOnly(server, signal),
    canReadLog(server, signal),
  ]);
  return [
    ...(bound === null ? [] : [bound]),
    ...missingNeeds(own, 'CREATE, SELECT, INSERT, DELETE ON switcharoo.*', version),
    ...(readsLog ? [] : ['REPLICATION SLAVE, to read the binary log']),
  ];
}

async function canReadLog(server: MysqlReader, signal: AbortSignal): Promise<boolean> {
  try {
    await server.query('SHOW BINLOG EVENTS LIMIT 1', [], signal);
    return true;
  } catch (cause) {
    if (errnoOf(cause) === specificAccessDenied) {
      return false;
    }
    throw cause;
  }
}

const specificAccessDenied = 1227;
