import type {Replication, ReplicationError} from '../contract.ts';
import type {Row} from '../session/contract.ts';

/** Normalises a row of SHOW SLAVE STATUS or SHOW REPLICA STATUS, by column name: RDS mixes the two families. */
export function replicationOf(row: Row): Replication {
  return {
    host: text(row, 'Source_Host', 'Master_Host'),
    port: number(row, 'Source_Port', 'Master_Port'),
    sourceServerId: number(row, 'Source_Server_Id', 'Master_Server_Id'),
    io: text(row, 'Replica_IO_Running', 'Slave_IO_Running'),
    sql: text(row, 'Replica_SQL_Running', 'Slave_SQL_Running'),
    // These two belong together; Master_Log_File is where the other thread reads.
    executed: {
      file: text(row, 'Relay_Source_Log_File', 'Relay_Master_Log_File'),
      position: number(row, 'Exec_Source_Log_Pos', 'Exec_Master_Log_Pos'),
    },
    secondsBehind: secondsOf(row['Seconds_Behind_Source'] ?? row['Seconds_Behind_Master']),
    error: errorOf(row),
    ignoresMysqlSchema: ignoresMysqlSchema(row),
    filters: filtersIn(row),
    delaySeconds: number(row, 'SQL_Delay'),
    // "Ignored" where the server itself has no TLS (MySQL 5.6 manual 13.7.5.35).
    tls: text(row, 'Source_SSL_Allowed', 'Master_SSL_Allowed') === 'Yes',
  };
}

export const isRunning = ({io, sql}: Replication): boolean => io === 'Yes' && sql === 'Yes';

export const sourceAddress = ({host, port}: {host: string; port: number}): string =>
  `${host}:${port}`;

/** Why replication cannot continue without help, in words; `null` while it runs or still retries. */
export function brokenReason({io, sql, error}: Replication): string | null {
  if (error !== null && (error.thread === 'sql' || io === 'No' || isPermanent(error.errno))) {
    return `${error.text} (${error.thread === 'io' ? 'IO' : 'SQL'} errno ${error.errno})`;
  }
  if (sql === 'No' || io === 'No') {
    return `the ${io === 'No' ? 'IO' : 'SQL'} thread is stopped`;
  }
  return null;
}

// The IO thread tries again after these, but a wrong password (1045), an unknown login plugin (2059) or a purged log
// (1236) needs a person.
const isPermanent = (errno: number): boolean =>
  [1045, 1130, 1236, 1593, 1594, 1595, 2059, 2061].includes(errno);

const secondsOf = (value: unknown): number | null =>
  value === null || value === undefined ? null : Number(value);

function errorOf(row: Row): ReplicationError | null {
  for (const [thread, prefix] of [
    ['sql', 'Last_SQL'],
    ['io', 'Last_IO'],
  ] as const) {
    const errno = number(row, `${prefix}_Errno`);
    if (errno !== 0) {
      return {thread, errno, text: capped(text(row, `${prefix}_Error`))};
    }
  }
  return null;
}

// The server quotes the statement that failed, which contains data.
const longestErrorText = 200;
const capped = (words: string): string =>
  words.length > longestErrorText ? `${words.slice(0, longestErrorText)}…` : words;

function ignoresMysqlSchema(row: Row): boolean {
  const tables = text(row, 'Replicate_Wild_Ignore_Table').split(',');
  const schemas = text(row, 'Replicate_Ignore_DB').split(',');
  return tables.includes('mysql.%') || schemas.includes('mysql');
}

/** Without filters that skip only the source's own schemas, or those of the Database Migration Service. */
function filtersIn(row: Row): readonly string[] {
  return filterColumns.flatMap((column) => {
    const values = text(row, column).split(',').filter(Boolean);
    const odd = values.filter(
      (value) => column.includes('_Do_') || !/^(mysql|awsdms[^.]*)(\..*)?$/.test(value),
    );
    return odd.length > 0 ? [`${column} = ${odd.join(',')}`] : [];
  });
}

const filterColumns = [
  'Replicate_Do_DB',
  'Replicate_Ignore_DB',
  'Replicate_Do_Table',
  'Replicate_Ignore_Table',
  'Replicate_Wild_Do_Table',
  'Replicate_Wild_Ignore_Table',
];

function text(row: Row, ...names: readonly string[]): string {
  const column = names.find((name) => row[name] !== undefined && row[name] !== null);
  return column === undefined ? '' : String(row[column]);
}

const number = (row: Row, ...names: readonly string[]): number => Number(text(row, ...names) || 0);
