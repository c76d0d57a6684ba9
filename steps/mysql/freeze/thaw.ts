import {randomUUID} from 'node:crypto';
import {type Blocked, blocked, SwitcharooError} from '../../../src/index.ts';
import type {MysqlReader} from '../contract.ts';
import type {Row} from '../session/contract.ts';
import {freezeEndedItself, thawNotArmed, thawNotDisarmed} from './problems.ts';

type Write = (sql: string, values: readonly unknown[]) => Promise<readonly Row[]>;

/** The event holds it from its look at itself until it has thawed: who gets it after the DROP knows how that ended. */
const lock = 'switcharoo.thaw';
const lockSeconds = 4;

const armedSql = `SELECT EVENT_COMMENT AS note FROM information_schema.EVENTS
   WHERE EVENT_SCHEMA = 'mysql' AND EVENT_NAME = 'switcharoo_thaw'`;

/** Whether the event is there that ends a freeze. One that has run remains until it is removed. */
export const hasThaw = async (source: MysqlReader, signal: AbortSignal): Promise<boolean> =>
  (await source.query(armedSql, [], signal)).length > 0;

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

export const cannotThaw = (name: string, obstacles: readonly string[]): Blocked =>
  blocked(
    `${name} cannot end a freeze by itself: ${obstacles.join('; ')}.`,
    'Fix this, or leave out endsItselfAfterSeconds: writes then stay frozen until the freeze is reversed.',
  );

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

// An event that has started outlives its DROP: under the lock it looks for itself, and does nothing without.
const armSql = `CREATE EVENT mysql.switcharoo_thaw ON SCHEDULE AT FROM_UNIXTIME(?)
  ON COMPLETION PRESERVE COMMENT ? DO
  BEGIN
    IF GET_LOCK('${lock}', ${lockSeconds}) = 1 THEN
      IF EXISTS (SELECT 1 FROM information_schema.EVENTS WHERE EVENT_SCHEMA = 'mysql'
                    AND EVENT_NAME = 'switcharoo_thaw' AND EVENT_COMMENT = ?) THEN
        SET GLOBAL read_only = OFF;
      END IF;
      DO RELEASE_LOCK('${lock}');
    END IF;
  END`;

/**
 * Removes it; afterwards none can run any more. Returns whether the server refuses writes after that. The lock is not
 * kept between two statements: a session that is cut off would keep it from the next attempt.
 */
export async function removeThaw(write: Write, name: string): Promise<boolean> {
  await write('DROP EVENT IF EXISTS mysql.switcharoo_thaw', []);
  return isFrozenAfterThaw(write, name);
}

async function isFrozenAfterThaw(write: Write, name: string): Promise<boolean> {
  const [barrier] = await write(barrierSql, []);
  if (Number(barrier?.['locked']) !== 1) {
    throw new SwitcharooError(thawNotDisarmed(name));
  }
  const [last] = await write('SELECT @@GLOBAL.read_only AS readOnly', []);
  return Number(last?.['readOnly']) === 1;
}

/** The same for a freeze that is to last: fails where it has ended by itself. */
export async function disarmThaw(write: Write, name: string): Promise<void> {
  if (!(await removeThaw(write, name))) {
    throw new SwitcharooError(freezeEndedItself(name));
  }
}

/** The same where the event is removed already: one that had started may still run. */
export async function checkThawed(write: Write, name: string): Promise<void> {
  if (!(await isFrozenAfterThaw(write, name))) {
    throw new SwitcharooError(freezeEndedItself(name));
  }
}

const barrierSql = `SELECT GET_LOCK('${lock}', ${lockSeconds}) AS locked, RELEASE_LOCK('${lock}') AS released`;
