import {z} from 'zod';
import {blocked, defineGate, done, settling, unknown} from '../../src/index.ts';
import {brokenBecause, isRunning} from './replication.ts';
import {type MysqlReader, mysqlServer} from './server.ts';

/** Looks, days before the night, whether the source and its dedicated replica can be migrated from, and gone back to. */
export const readyAsSource = defineGate({
  name: 'mysql.ready-as-source',
  summary:
    'See that the source and its dedicated replica are set up for a cutover that can be reversed.',
  targets: {source: mysqlServer, replica: mysqlServer},
  input: z.object({}),
  output: z.object({}),
  needs: {
    source: ['REPLICATION CLIENT', 'PROCESS', 'SELECT ON *.*'],
    replica: ['REPLICATION CLIENT', 'SELECT ON *.*'],
  },
  timeoutMs: 60_000,

  async check({targets: {source, replica}, signal}) {
    const [ours, its] = [await settingsOf(source, signal), await settingsOf(replica, signal)];
    const replication = await replica.replication(signal);
    const problems = [
      ...logProblems(source, ours),
      ...logProblems(replica, its),
      ...idProblems(source, ours),
      ...(isOn(its['log_slave_updates'] ?? its['log_replica_updates'])
        ? []
        : [
            `${replica.name} has log_slave_updates = OFF, so nothing of ${source.name} gets past it`,
          ]),
      ...(await tableProblems(source, signal)),
      ...chainProblems(source, replica, ours['server_id'], replication),
    ];
    if (problems.length > 0) {
      return blocked(
        `${source.name} is not ready as the source: ${problems.join('; ')}.`,
        'Correct each of these; most need a line in my.cnf and a restart, so do it days before.',
      );
    }
    if (!replication || !isRunning(replication)) {
      return settling(`${replica.name} is connecting to ${source.name}`);
    }
    return askAboutAccounts(source, signal);
  },
});

type Settings = Readonly<Record<string, string>>;

const settingsOf = (server: MysqlReader, signal: AbortSignal): Promise<Settings> =>
  server.settings(
    [
      'log_bin',
      'binlog_format',
      'binlog_row_image',
      'server_id',
      'log_slave_updates',
      'log_replica_updates',
      'expire_logs_days',
      'binlog_expire_logs_seconds',
    ],
    signal,
  );

const isOn = (value: string | undefined): boolean => value === 'ON' || value === '1';

function logProblems({name}: MysqlReader, settings: Settings): readonly string[] {
  const {log_bin: log, binlog_format: format, binlog_row_image: image = 'FULL'} = settings;
  const hours = retentionHours(settings);
  return [
    ...(isOn(log) ? [] : [`${name} writes no binary log (log_bin = OFF)`]),
    ...(format === 'ROW' ? [] : [`${name} has binlog_format = ${format}, not ROW`]),
    ...(image === 'FULL' ? [] : [`${name} has binlog_row_image = ${image}, not FULL`]),
    ...(hours === 0 || hours >= 24
      ? []
      : [`${name} purges its binary logs after ${hours} h, and a way back needs 24 h or more`]),
  ];
}

/** 0: never purged. From 8.0 on the seconds count (MySQL 8.0 manual 17.1.6.4). */
function retentionHours({
  binlog_expire_logs_seconds: seconds,
  expire_logs_days: days,
}: Settings): number {
  return Number(seconds ?? 0) > 0 ? Number(seconds) / 3_600 : Number(days ?? 0) * 24;
}

const idProblems = ({name}: MysqlReader, {server_id: id}: Settings): readonly string[] =>
  Number(id ?? 0) > 0 ? [] : [`${name} has server_id = 0, with which nobody can follow it`];

/** The fence and the picture that a dump takes hold for transactional tables only. */
async function tableProblems(source: MysqlReader, signal: AbortSignal): Promise<readonly string[]> {
  const rows = await source.query(otherEnginesSql, [], signal);
  const tables = rows.map(
    (row) => `${row['table_schema']}.${row['table_name']} (${row['engine']})`,
  );
  return tables.length === 0
    ? []
    : [
        `${tables.length} tables of ${source.name} are not InnoDB: ${tables.slice(0, 3).join(', ')}`,
      ];
}

const otherEnginesSql = `
  SELECT table_schema AS table_schema, table_name AS table_name, engine AS engine FROM information_schema.tables
   WHERE table_type = 'BASE TABLE' AND engine <> 'InnoDB'
     AND table_schema NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys')
   ORDER BY table_schema, table_name`;

function chainProblems(
  source: MysqlReader,
  replica: MysqlReader,
  sourceId: string | undefined,
  replication: Awaited<ReturnType<MysqlReader['replication']>>,
): readonly string[] {
  if (!replication) {
    return [`${replica.name} follows nobody, not ${source.name}`];
  }
  const broken = brokenBecause(replication);
  if (broken !== null) {
    return [`${replica.name} does not replicate: ${broken}`];
  }
  return replication.sourceServerId === 0 || String(replication.sourceServerId) === sourceId
    ? []
    : [
        `${replica.name} follows the server with server_id ${replication.sourceServerId}, and ${source.name} has ${sourceId}`,
      ];
}

/** `read_only` does not bind accounts with SUPER. Whether they write during the night no look can tell. */
async function askAboutAccounts(source: MysqlReader, signal: AbortSignal) {
  const rows = await source.query(superAccountsSql, [source.user], signal);
  const accounts = rows.map((row) => `${row['user']}@${row['host']}`);
  return accounts.length === 0
    ? done({})
    : unknown(
        `${source.name} has ${accounts.length} accounts that a freeze does not bind (SUPER): ${accounts.slice(0, 5).join(', ')}. Will none of them write during the cutover?`,
        {},
        'Revoke SUPER from accounts that need not have it, and stop their jobs.',
      );
}

// root from the machine itself is every server's emergency entrance, and `mysql.session` is the server's own.
const superAccountsSql = `
  SELECT user AS user, host AS host FROM mysql.user
   WHERE super_priv = 'Y' AND user <> ? AND user NOT LIKE 'mysql.%'
     AND NOT (user = 'root' AND host IN ('localhost', '127.0.0.1', '::1'))
   ORDER BY user, host`;
