import type {Brand} from './server-program.ts';

/** What every server of the lab is started with, in the words of its brand. */
export function settingsOf(
  brand: Brand,
  {serverId, logName}: {serverId: number; logName: string},
): readonly string[] {
  return [
    `--server-id=${serverId}`,
    `--log-bin=${logName}`,
    '--binlog-format=ROW',
    '--relay-log=relay-bin',
    '--relay-log-recovery=ON',
    '--replicate-wild-ignore-table=mysql.%',
    ...common,
    ...only[brand],
  ];
}

const common: readonly string[] = [
  '--skip-name-resolve',
  '--character-set-server=utf8mb4',
  '--collation-server=utf8mb4_unicode_ci',
  '--default-time-zone=+00:00',
  '--sql-mode=STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION',
  // The operating system outlives a killed server, so its file cache is safe enough here, and much faster.
  '--innodb-flush-log-at-trx-commit=2',
  '--sync-binlog=0',
  // Without a performance schema and with small buffers a server needs some 35 MB (MySQL 9: 210 MB).
  '--performance-schema=OFF',
  '--innodb-buffer-pool-size=8M',
  '--key-buffer-size=1M',
  '--table-open-cache=200',
  '--table-definition-cache=400',
];

// A source that hangs would go unnoticed for an hour (5.6) or a minute.
const netTimeoutSeconds = 10;

const older: readonly string[] = [
  '--log-slave-updates',
  `--slave-net-timeout=${netTimeoutSeconds}`,
  '--innodb-log-file-size=4M',
  '--query-cache-size=0',
];

const only: Readonly<Record<Brand, readonly string[]>> = {
  'mysql-5.6': [
    ...older,
    '--innodb-log-buffer-size=1M',
    // Kept in tables, the position commits together with the data: a kill -9 neither loses nor repeats an event
    // (MySQL 5.6 manual 17.3.2, "Handling an Unexpected Halt of a Replication Slave").
    '--master-info-repository=TABLE',
    '--relay-log-info-repository=TABLE',
  ],
  mariadb: older,
  mysql: [
    '--log-replica-updates',
    `--replica-net-timeout=${netTimeoutSeconds}`,
    '--innodb-redo-log-capacity=8M',
    '--innodb-log-buffer-size=1M',
  ],
};
