import type {Position} from '../contract.ts';
import type {Ask} from '../session/contract.ts';
import type {Condition, Place} from './key-ranges.ts';
import {sumOfRows} from './row-text.ts';

export interface Both<Thing> {
  readonly source: Thing;
  readonly target: Thing;
}

export type Side = keyof Both<unknown>;

/** Runs the work on both sides at the same time. */
export async function onBoth<Result>(work: (side: Side) => Promise<Result>): Promise<Both<Result>> {
  const [source, target] = await Promise.all([work('source'), work('target')]);
  return {source, target};
}

/** A position of the source; `null` where the target does not replicate, so there is nothing to wait for. */
export type Moment = Position | null;

/** Whether the target has what the source had at a moment. */
export interface CatchUp {
  /** A moment for `passed`. Taken after a read of the source, it covers what was read. */
  now(): Promise<Moment>;
  passed(since: Moment): boolean;
}

/** How far a table is compared: what is before it need not be compared again. */
export interface TableBookmark {
  readonly after: Place | null;
  readonly rows: number;
  readonly finished: boolean;
}

/** The comparison of one table, made in pieces of less than a second where the table has a key. */
export interface ComparedTable {
  readonly name: string;
  /** Rows of the source that were compared. */
  readonly rows: number;
  readonly finished: boolean;
  /** Rows and ranges that differed and wait until replication has passed them. */
  readonly waiting: number;
  /** Rows that really differ, each as text. */
  readonly different: readonly string[];
  /** There are too many to report one by one, and the table was not compared to its end. */
  readonly tooMany: boolean;
  /** Rows that the source had changed again each time: only under a freeze can they be compared. */
  readonly changing: number;
  /** How far it is equal; `null` where the table must be compared from its start. */
  readonly bookmark: TableBookmark | null;
  /** Makes one piece of the work; false when all that is left waits for replication. */
  step(ask: Both<Ask>, catchUp: CatchUp): Promise<boolean>;
}

// A look may take 30 s, and a statement that takes longer would end with it.
export const statementLimitMs = 25_000;

export interface Sum {
  readonly rows: number;
  readonly sum: string;
}

/**
 * How many rows there are, and the sum of their hashes, which does not depend on their order. `from` begins with
 * FROM.
 */
export async function sumOf(from: Condition, rowSql: string, ask: Ask): Promise<Sum> {
  const [row] = await ask({
    sql: `SELECT COUNT(*) AS rows_there, ${sumOfRows(rowSql)} AS sum ${from.sql}`,
    values: from.values,
    limitMs: statementLimitMs,
  });
  return {rows: Number(row?.['rows_there'] ?? 0), sum: String(row?.['sum'])};
}

export interface Digest extends Sum {
  /** The rows are too long for GROUP_CONCAT, so the digest is not valid. */
  readonly cut: boolean;
}

/**
 * SHA-2, of so many bits, of all rows one after another. One hash of many rows costs a server half of what a hash of
 * each
 * costs; should a server give them in another order, it differs, and the rows are looked at one by one.
 */
export async function digestOf(
  from: Condition,
  rowSql: string,
  bits: 256 | 512,
  ask: Ask,
): Promise<Digest> {
  const [row] = await ask({
    sql: `SELECT COUNT(*) AS rows_there, SHA2(GROUP_CONCAT(${rowSql} SEPARATOR ''), ${bits}) AS sum,
            CONNECTION_ID() AS session ${from.sql}`,
    values: from.values,
    limitMs: statementLimitMs,
  });
  // Only a warning in the same session shows that the text was cut (ER_CUT_VALUE_GROUP_CONCAT).
  const [session] = await ask({
    sql: 'SELECT @@warning_count AS warnings, CONNECTION_ID() AS session',
  });
  return {
    rows: Number(row?.['rows_there'] ?? 0),
    sum: String(row?.['sum']),
    cut: Number(session?.['warnings']) !== 0 || session?.['session'] !== row?.['session'],
  };
}

export const isSame = (first: Sum, second: Sum): boolean =>
  first.rows === second.rows && first.sum === second.sum;
