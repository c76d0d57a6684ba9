import {SwitcharooError} from '../../../src/index.ts';
import type {Row} from '../session/contract.ts';
import type {TableName} from './contract.ts';

/** Some tables, as a condition on the columns that hold their schema and their name. */
export interface Piece {
  readonly names: readonly TableName[];
  where(schemaColumn: string, tableColumn: string): Condition;
  /** Names that differ only in case or accents are the same to a condition, and not here. */
  has(row: Row): boolean;
}

interface Condition {
  readonly sql: string;
  readonly values: readonly unknown[];
}

interface PieceWork<Result> {
  /** Asks the server for one piece. A piece that it does not answer in time is halved, down to one table. */
  read(piece: Piece): Promise<Result>;
  /** Is told after each piece, with how many tables are read. */
  progress?(read: number, of: number): void;
  readonly atOnce?: number;
}

/** Reads piece by piece, a few of them at a time. The results are in the order of the names. */
export async function inPieces<Result>(
  names: readonly TableName[],
  {read, progress = () => {}, atOnce = piecesAtOnce}: PieceWork<Result>,
): Promise<readonly Result[]> {
  const groups = groupsOf(names, tablesOfPiece);
  const results: (readonly Result[])[] = groups.map(() => []);
  let [next, done] = [0, 0];
  const readGroup = async (group: readonly TableName[]): Promise<readonly Result[]> => {
    try {
      const result = await read(pieceOf(group));
      done += group.length;
      progress(done, names.length);
      return [result];
    } catch (cause) {
      if (group.length === 1 || !isTimeout(cause)) {
        throw cause;
      }
    }
    const half = Math.ceil(group.length / 2);
    return [...(await readGroup(group.slice(0, half))), ...(await readGroup(group.slice(half)))];
  };
  let failed = false;
  const work = async () => {
    for (let at = next; at < groups.length && !failed; at = next) {
      next += 1;
      try {
        results[at] = await readGroup(groups[at] ?? []);
      } catch (cause) {
        failed = true;
        throw cause;
      }
    }
  };
  const workers = Array.from({length: Math.min(atOnce, groups.length)}, work);
  await Promise.allSettled(workers);
  await Promise.all(workers);
  return results.flat();
}

// What a server opens for one piece stays in its table cache (200 in small ones) for the other statements about it.
const tablesOfPiece = 150;
const piecesAtOnce = 2;

const isTimeout = (cause: unknown): boolean =>
  cause instanceof SwitcharooError && cause.problem.code === 'mysql-statement-timeout';

/** A large schema is divided: a condition with one schema spares the server the names of all others. */
function groupsOf(names: readonly TableName[], most: number): readonly (readonly TableName[])[] {
  const groups: TableName[][] = [];
  let small: TableName[] = [];
  for (const tables of grouped(names, ({s}) => s).values()) {
    if (tables.length > most) {
      const count = Math.ceil(tables.length / most);
      const size = Math.ceil(tables.length / count);
      groups.push(
        ...Array.from({length: count}, (_, at) => tables.slice(at * size, (at + 1) * size)),
      );
      continue;
    }
    if (small.length > 0 && small.length + tables.length > most) {
      groups.push(small);
      small = [];
    }
    small.push(...tables);
  }
  return small.length > 0 ? [...groups, small] : groups;
}

export function pieceOf(names: readonly TableName[]): Piece {
  const bySchema = [...grouped(names, ({s}) => s)];
  const present = new Map(bySchema.map(([s, tables]) => [s, new Set(tables.map(({t}) => t))]));
  return {
    names,
    where: (schemaColumn, tableColumn) => ({
      sql: `(${bySchema.map(() => `(${schemaColumn} = ? AND ${tableColumn} IN (?))`).join(' OR ')})`,
      values: bySchema.flatMap(([s, tables]) => [s, tables.map(({t}) => t)]),
    }),
    has: ({s, t}) => present.get(String(s))?.has(String(t)) ?? false,
  };
}

export function grouped<Item>(
  items: readonly Item[],
  by: (item: Item) => string,
): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(by(item));
    if (group) {
      group.push(item);
    } else {
      groups.set(by(item), [item]);
    }
  }
  return groups;
}
