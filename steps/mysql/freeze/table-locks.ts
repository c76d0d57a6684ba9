import {setTimeout as sleep} from 'node:timers/promises';
import type {Client} from '../contract.ts';
import type {Traits} from '../dialect/dialect.ts';
import type {Row} from '../session/contract.ts';
import {clientText} from './clients.ts';

type Read = (sql: string, signal?: AbortSignal) => Promise<readonly Row[]>;
type Clients = (signal?: AbortSignal) => Promise<readonly Client[]>;

/**
 * A table that is in use in several scans while no session runs a statement is held by LOCK TABLES. MySQL 5.6 shows it
 * nowhere else; on a busy server it cannot be detected here, and the freeze fails at its own time limit.
 */
export async function lockedTables(
  clients: Clients,
  read: Read,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  let held: readonly string[] | undefined;
  for (let scans = 0; scans < 3; scans += 1) {
    const rows = await read('SHOW OPEN TABLES WHERE In_use > 0', signal);
    const inUse = rows.map((row) => `${row['Database']}.${row['Table']}`);
    held = (held ?? inUse).filter((table) => inUse.includes(table));
    const present = held.length === 0 ? [] : await clients(signal);
    if (held.length === 0 || present.some(({command}) => command !== 'Sleep')) {
      return [];
    }
    await sleep(20, undefined, signal ? {signal} : {});
  }
  return held ?? [];
}

/**
 * Sessions that hold LOCK TABLES; where the server does not show them, all candidates: those that wait for their
 * client.
 */
export async function lockHolders(
  clients: Clients,
  read: Read,
  {showsMetadataLocks}: Traits,
  signal?: AbortSignal,
): Promise<readonly Client[]> {
  const idle = (await clients(signal)).filter(({command}) => command === 'Sleep');
  const holderIds = [
    ...(showsMetadataLocks ? await holdersByMetadata(read, signal) : []),
    ...(await holdersByInnodb(read, signal)),
  ];
  const holders = idle.filter(({id}) => holderIds.includes(id));
  return holders.length > 0 ? holders : idle;
}

const holdersByMetadata = async (read: Read, signal?: AbortSignal) =>
  (await read(metadataSql, signal)).map(({id}) => Number(id));

// Empty without the performance schema. LOCK TABLES takes the first for WRITE, the second for READ.
const metadataSql = `SELECT DISTINCT t.processlist_id AS id
    FROM performance_schema.metadata_locks l JOIN performance_schema.threads t ON t.thread_id = l.owner_thread_id
   WHERE l.object_type = 'TABLE' AND l.lock_status = 'GRANTED'
     AND l.lock_type IN ('SHARED_NO_READ_WRITE', 'SHARED_READ_ONLY')`;

/** MySQL 5.6 also lists sessions without a transaction; newer versions and MariaDB omit their ids. */
async function holdersByInnodb(read: Read, signal?: AbortSignal): Promise<readonly number[]> {
  const [row] = await read('SHOW ENGINE INNODB STATUS', signal);
  const transactions = String(row?.['Status'] ?? '').split('---TRANSACTION');
  return transactions
    .filter((text) => /^mysql tables in use [1-9]/m.test(text))
    .flatMap((text) => /thread id (\d+)/.exec(text)?.slice(1).map(Number) ?? []);
}

export function locksText(tables: readonly string[], holders: readonly Client[]): string {
  const sessions = holders.slice(0, 5).map(clientText).join(', ');
  const subject =
    holders.length === 0 ? 'a session' : holders.length === 1 ? sessions : `one of ${sessions}`;
  return `${subject} holds LOCK TABLES on ${tables.join(', ')}`;
}
