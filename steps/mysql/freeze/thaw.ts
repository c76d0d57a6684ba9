import {randomUUID} from 'node:crypto';
import {SwitcharooError} from '../../../src/index.ts';
import type {MysqlReader} from '../contract.ts';
import type {Row} from '../session/contract.ts';
import {thawNotArmed, thawNotDisarmed, thawTooNear} from './problems.ts';

/** The event that ends a freeze, as the server has it. */
export interface Thaw {
  /** When it runs, in whole seconds of the server's clock since 1970. */
  readonly at: number;
}

type Write = (sql: string, values: readonly unknown[]) => Promise<readonly Row[]>;

/** Who holds it decides whether the thaw happens: the event itself, or the process that removes the event. */
const lock = 'switcharoo.thaw';
const lockSeconds = 5;
/** Below this the event may run before it is removed. It has whole seconds, and may run one early. */
const marginSeconds = 1.5;

const armedSql = `SELECT EVENT_COMMENT AS note FROM information_schema.EVENTS
   WHERE EVENT_SCHEMA = 'mysql' AND EVENT_NAME = 'switcharoo_thaw'`;

/** `null` where there is none. One that has run remains until it is removed. */
export async function thawOf(source: MysqlReader, signal: AbortSignal): Promise<Thaw | null> {
  const [row] = await source.query(armedSql, [], signal);
  return row ? {at: Number(String(row['note']).split(' ')[0])} : null;
}

/** Why the server could not end a freeze by itself. */
export async function thawObstacles(
  source: MysqlReader,
  {
    afterSeconds,
    lockWaitSeconds,
  }: {readonly afterSeconds: number; readonly lockWaitSeconds: number},
  signal: AbortSignal,
): Promise<readonly string[]> {
  const [{superReadOnly}, {event_scheduler: scheduler}, events] = await Promise.all([
    source.fence(signal),
    source.settings(['event_scheduler'], signal),
    source.query(enabledSql, [], signal),
  ]);
  const others = events.map((row) => String(row['name']));
  // The server may wait twice for locks after the process died: writes are frozen only then.
  const leastSeconds = 2 * lockWaitSeconds + 1;
  return [
    ...(superReadOnly === null ? [] : ['its events do not run under super_read_only']),
    ...(scheduler === 'ON' ? [] : [`event_scheduler is ${scheduler}`]),
    ...(others.length > 0
      ? [`it has events that would run in the freeze: ${others.slice(0, 5).join(', ')}`]
      : []),
    ...(afterSeconds < leastSeconds
      ? [
          `it may wait ${2 * lockWaitSeconds} s for locks, so the bound must be at least ${leastSeconds} s`,
        ]
      : []),
  ];
}

const enabledSql = `SELECT CONCAT(EVENT_SCHEMA, '.', EVENT_NAME) AS name FROM information_schema.EVENTS
   WHERE STATUS = 'ENABLED' AND NOT (EVENT_SCHEMA = 'mysql' AND EVENT_NAME = 'switcharoo_thaw')
   ORDER BY 1`;

/** Replaces an earlier one. `write`: a session that writes nothing to the binary log. */
export async function armThaw(write: Write, name: string, afterSeconds: number): Promise<void> {
  await removeThaw(write, name);
  const [clock] = await write('SELECT FLOOR(UNIX_TIMESTAMP()) + ? AS at', [afterSeconds]);
  const at = Number(clock?.['at']);
  const note = `${at} ${randomUUID()}`;
  await write(armSql, [at, note, note]);
  const [row] = await write(`${armedSql} AND STATUS = 'ENABLED'`, []);
  if (row?.['note'] !== note) {
    throw new SwitcharooError(thawNotArmed(name));
  }
}

// An event that has started outlives its DROP: under the lock it looks for itself, else does nothing.
const armSql = `CREATE EVENT mysql.switcharoo_thaw ON SCHEDULE AT FROM_UNIXTIME(?)
  ON COMPLETION PRESERVE COMMENT ? DO
  BEGIN
    IF GET_LOCK('${lock}', ${2 * lockSeconds}) = 1 THEN
      IF EXISTS (SELECT 1 FROM information_schema.EVENTS WHERE EVENT_SCHEMA = 'mysql'
                    AND EVENT_NAME = 'switcharoo_thaw' AND EVENT_COMMENT = ?) THEN
        SET GLOBAL read_only = OFF;
      END IF;
      DO RELEASE_LOCK('${lock}');
    END IF;
  END`;

/** Removes it; afterwards none can run any more. Returns whether the server refuses writes after that. */
export async function removeThaw(write: Write, name: string): Promise<boolean> {
  const [first] = await write(lockSql, [0]);
  return removeLocked(write, name, first);
}

/** The same for a freeze that is to last: fails where it has thawed, or where `thaw` is too near to be removed. */
export async function disarmThaw(write: Write, name: string, {at}: Thaw): Promise<void> {
  const [first] = await write(lockSql, [at]);
  if (Number(first?.['remaining']) < marginSeconds) {
    await write(`DO RELEASE_LOCK('${lock}')`, []);
    throw new SwitcharooError(thawTooNear(name));
  }
  if (!(await removeLocked(write, name, first))) {
    throw new SwitcharooError(thawTooNear(name));
  }
}

async function removeLocked(write: Write, name: string, first: Row | undefined): Promise<boolean> {
  if (Number(first?.['locked']) !== 1) {
    throw new SwitcharooError(thawNotDisarmed(name));
  }
  await write('DROP EVENT IF EXISTS mysql.switcharoo_thaw', []);
  const [last] = await write(unlockSql, []);
  // A session that was reopened in between does not hold the lock, and proves nothing.
  if (Number(last?.['held']) !== 1) {
    throw new SwitcharooError(thawNotDisarmed(name));
  }
  return Number(last?.['readOnly']) === 1;
}

const lockSql = `SELECT GET_LOCK('${lock}', ${lockSeconds - 1}) AS locked, ? - UNIX_TIMESTAMP(NOW(6)) AS remaining`;
const unlockSql = `SELECT @@GLOBAL.read_only AS readOnly, RELEASE_LOCK('${lock}') AS held`;
