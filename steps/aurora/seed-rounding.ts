import type {MysqlReader} from '../mysql/server.ts';

/** What a dump does not carry exactly, as a remark: FLOAT columns, of which every server writes six digits as text. */
export async function roundedBy(
  replica: MysqlReader,
  schemas: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const columns = (await replica.query(floatsSql, [schemas], signal)).map(({name}) => String(name));
  const shown = columns.slice(0, mostShown).join(', ');
  const more = columns.length - mostShown;
  return columns.length === 0
    ? []
    : [
        `${columns.length} ${columns.length === 1 ? 'column is' : 'columns are'} FLOAT (${shown}${more > 0 ? `, and ${more} more` : ''}): a dump writes six digits of such a value. Compare with mysql.verify-data, which names the rows that had more.`,
      ];
}

const floatsSql = `SELECT CONCAT(table_schema, '.', table_name, '.', column_name) AS name
  FROM information_schema.columns WHERE data_type = 'float' AND table_schema IN (?) ORDER BY 1`;
const mostShown = 5;
