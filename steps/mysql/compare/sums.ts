import type {Position} from '../contract.ts';
import type {Ask} from '../session/contract.ts';
import type {Condition, Place} from './key-ranges.ts';
import {sumOfRows} from './row-text.ts';

export interface Both<Thing> {
  readonly source: Thing;
  readonly target: Thing;
}

export type Side = keyof Both<unknown>;

/** At the same time on both: the slower one sets the pace. */
export async function onBoth<Result>(work: (side: Side) => Promise<Result>): Promise<Both<Result>> {
  const [source, target] = await Promise.all([work('source'), work('target')]);
  return {source, target};
}

/** Where the source stood; `null` where the target follows nobody, so that nothing is to be waited for. */
export type Moment = Position | null;

/** Whether the target has what the source had at a moment. */
export interface Passing {
  /** A moment that `passed` can be asked for. Taken after the source was read, it covers what was read. */
  now(): Promise<Moment>;
  passed(since: Moment): boolean;
}

/** Up to where a table is compared, and needs not be looked at again. */
export interface Mark {
  readonly after: Place | null;
  readonly rows: number;
  readonly finished: boolean;
}

/** The comparison of one table, made in pieces of less than a second where the table has a key. */
export interface Compared {
  readonly name: string;
  /** Rows of the source that were compared. */
  readonly rows: number;
  readonly finished: boolean;
  /** Rows and ranges that differed and wait until replication has passed them. */
  readonly waiting: number;
  /** Rows that differ for good, each in words. */
  readonly different: readonly string[];
  /** There are more than are worth telling one by one, and the table was not read to its end. */
  readonly tooMany: boolean;
  /** Rows that the source had changed again at every look: only under a freeze can they be compared. */
  readonly changing: number;
  /** Of what it has found equal, how far it is; `null` where it has to begin anew. */
  readonly mark: Mark | null;
  /** Makes one piece of the work; false when all that is left waits for replication. */
  step(ask: Both<Ask>, passing: Passing): Promise<boolean>;
}

// A look may take 30 s, and a statement that takes longer would end with it.
export const statementLimitMs = 25_000;

export interface Sum {
  readonly rows: number;
  readonly sum: string;
}

/** How many rows there are, and what they sum up to, in whatever order they come. `from` begins with FROM. */
export async function sumOf(from: Condition, row: string, ask: Ask): Promise<Sum> {
  const [found] = await ask({
    sql: `SELECT COUNT(*) AS rows_there, ${sumOfRows(row)} AS sum ${from.sql}`,
    values: from.values,
    limitMs: statementLimitMs,
  });
  return {rows: Number(found?.['rows_there'] ?? 0), sum: String(found?.['sum'])};
}

export interface Digest extends Sum {
  /** The rows are too long for a server to put them together, and so the digest says nothing. */
  readonly cut: boolean;
}

/**
 * SHA-2, of so many bits, of all rows one after another. One hash of many rows costs a server half of what a hash of
 * each
 * costs; should a server give them in another order, it differs, and the rows are looked at one by one.
 */
export async function digestOf(
  from: Condition,
  row: string,
  bits: 256 | 512,
  ask: Ask,
): Promise<Digest> {
  const [found] = await ask({
    sql: `SELECT COUNT(*) AS rows_there, SHA2(GROUP_CONCAT(${row} SEPARATOR ''), ${bits}) AS sum,
            CONNECTION_ID() AS session ${from.sql}`,
    values: from.values,
    limitMs: statementLimitMs,
  });
  // That a text was cut is told by a warning alone (ER_CUT_VALUE_GROUP_CONCAT), in the session that cut it.
  const [warned] = await ask({
    sql: 'SELECT @@warning_count AS warnings, CONNECTION_ID() AS session',
  });
  return {
    rows: Number(found?.['rows_there'] ?? 0),
    sum: String(found?.['sum']),
    cut: Number(warned?.['warnings']) !== 0 || warned?.['session'] !== found?.['session'],
  };
}

export const isSame = (one: Sum, other: Sum): boolean =>
  one.rows === other.rows && one.sum === other.sum;
