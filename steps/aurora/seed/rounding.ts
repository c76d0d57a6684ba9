import {floatTablesOf, type MysqlReader} from '../../mysql/index.ts';

/** A remark on FLOAT columns whose missing digits cannot be copied row by row; empty when there are none. */
export async function roundedColumns(
  replica: MysqlReader,
  schemas: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const columns = await replica.withSessions(
    1,
    async (sessions) => {
      const tables = await Promise.all(sessions.map((ask) => floatTablesOf(ask, schemas)));
      return tables
        .flat()
        .filter(({key}) => key === null)
        .flatMap(({shape, columns: names}) =>
          names.map((name) => `${shape.schema}.${shape.table}.${name}`),
        );
    },
    signal,
  );
  const shown = columns.slice(0, mostShown).join(', ');
  const more = columns.length - mostShown;
  return columns.length === 0
    ? []
    : [
        `${columns.length} FLOAT ${columns.length === 1 ? 'column has' : 'columns have'} six digits of each value on Aurora (${shown}${more > 0 ? `, and ${more} more` : ''}): a dump has no more, and without a key, or with a trigger on UPDATE, the others cannot be added. mysql.verify-data lists the rows that differ.`,
      ];
}

const mostShown = 5;
