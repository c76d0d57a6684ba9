import type {Ask, Row} from '../session/contract.ts';

// What InnoDB says of all tables at once. A server without a data dictionary (MySQL 5.6 and 5.7, MariaDB) opens each
// table for the same answer from information_schema. It takes the privilege PROCESS.

/** A row that names a table: its schema and its name. */
export interface TableKey {
  readonly s?: unknown;
  readonly t?: unknown;
}

export const tableKey = ({s, t}: TableKey): string => `${s}\0${t}`;

/**
 * The next AUTO_INCREMENT value by `tableKey`: of the tables that were used not long ago.
 * https://dev.mysql.com/doc/refman/5.6/en/information-schema-innodb-sys-tablestats-table.html
 */
export async function nextInInnodb(ask: Ask): Promise<ReadonlyMap<string, string>> {
  const rows = await ask({
    sql: `SELECT name AS name, CAST(autoinc AS CHAR) AS next FROM information_schema.innodb_sys_tablestats
           WHERE autoinc > 0`,
  }).catch(() => []);
  return new Map(
    rows.flatMap((row) => {
      const key = keyIn(row);
      return key === null ? [] : [[key, String(row['next'])] as const];
    }),
  );
}

/**
 * Those of these tables that have foreign keys, by `tableKey`; `null`: any may have some. A key of a table that is not
 * among them is spelled in another way there (lower_case_table_names = 2), or was made after the names were read.
 * https://dev.mysql.com/doc/refman/5.6/en/information-schema-innodb-sys-foreign-table.html
 */
export async function childrenInInnodb(
  ask: Ask,
  names: readonly TableKey[],
): Promise<ReadonlySet<string> | null> {
  const rows = await ask({
    sql: 'SELECT DISTINCT for_name AS name FROM information_schema.innodb_sys_foreign',
  }).catch(() => null);
  const keys = rows?.map(keyIn) ?? [null];
  const known = new Set(names.map(tableKey));
  return keys.every((key) => key !== null && known.has(key)) ? new Set(keys.map(String)) : null;
}

/**
 * InnoDB names a table as its file is named: letters and digits as they are, others as `@` and four hexadecimal digits.
 * `null`: the name has one of the shorter codes for some letters, or is that of a partition.
 */
function keyIn(row: Row): string | null {
  const [s, t, ...more] = String(row['name']).split('/').map(decoded);
  return s && t && more.length === 0 ? tableKey({s, t}) : null;
}

function decoded(name: string): string | null {
  const rest = name.replace(/@[0-9a-f]{4}/g, '');
  return /[@#]/.test(rest)
    ? null
    : name.replace(/@([0-9a-f]{4})/g, (_all, code) =>
        String.fromCharCode(Number.parseInt(code, 16)),
      );
}
