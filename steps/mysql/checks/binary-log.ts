import {findingIf, type MysqlCheck} from './check.ts';
import {isOn, type Settings, settingOf} from './facts.ts';

/** The log that a replica of this server reads. */
export const binaryLogChecks: readonly MysqlCheck[] = [
  {
    name: 'binary-log-off',
    severity: 'blocks',
    expects: 'The server writes a binary log.',
    consequence: 'No server can replicate from it.',
    fix: 'Set log-bin in my.cnf and restart.',
    find: async (server) =>
      findingIf(
        !isOn((await server.settings())['log_bin']),
        `${server.name} writes no binary log (log_bin = OFF)`,
      ),
  },
  {
    name: 'binary-log-not-row',
    severity: 'blocks',
    expects: 'The binary log is row-based (binlog_format = ROW).',
    consequence: 'Statements that are not deterministic give different rows on a replica.',
    fix: 'Set binlog_format = ROW in my.cnf and restart: open sessions keep their old format.',
    find: async (server) => {
      const {binlog_format: format = 'ROW'} = await server.settings();
      return findingIf(format !== 'ROW', `${server.name} has binlog_format = ${format}, not ROW`);
    },
  },
  {
    name: 'row-image-not-full',
    severity: 'blocks',
    expects: 'The binary log holds whole rows (binlog_row_image = FULL).',
    consequence: 'Changes of tables without a primary key are applied to the wrong rows.',
    fix: 'Set binlog_row_image = FULL in my.cnf and restart.',
    find: async (server) => {
      const {binlog_row_image: image = 'FULL'} = await server.settings();
      return findingIf(
        image !== 'FULL',
        `${server.name} has binlog_row_image = ${image}, not FULL`,
      );
    },
  },
  {
    name: 'partial-json',
    severity: 'blocks',
    expects: 'JSON values are logged whole (binlog_row_value_options is empty).',
    consequence: 'A replica older than MySQL 8.0 stops at the first partial update.',
    fix: "Set binlog_row_value_options = '' in my.cnf and restart.",
    find: async (server) => {
      const {binlog_row_value_options: options = ''} = await server.settings();
      return findingIf(options !== '', `${server.name} has binlog_row_value_options = ${options}`);
    },
  },
  {
    name: 'binary-log-compressed',
    severity: 'blocks',
    expects: 'Transactions in the binary log are not compressed.',
    consequence: 'A replica older than MySQL 8.0.20, or of MariaDB, cannot read them.',
    fix: 'Set binlog_transaction_compression = OFF (log_bin_compress in MariaDB) in my.cnf and restart.',
    find: async (server) => {
      const settings = await server.settings();
      return ['binlog_transaction_compression', 'log_bin_compress']
        .filter((name) => isOn(settings[name]))
        .map((name) => ({is: `${server.name} has ${name} = ON`}));
    },
  },
  {
    name: 'binary-log-retention-short',
    severity: 'blocks',
    expects: 'Binary logs are kept for 24 h or more.',
    consequence: 'A replica that was stopped for longer must be seeded again (IO errno 1236).',
    fix: 'Set expire_logs_days (binlog_expire_logs_seconds from MySQL 8.0 on) to a week.',
    find: async (server) => {
      const hours = retentionHours(await server.settings());
      return findingIf(
        hours !== 0 && hours < leastHours,
        `${server.name} purges its binary logs after ${hours} h, and replication needs ${leastHours} h or more`,
      );
    },
  },
  {
    name: 'binary-log-filtered',
    severity: 'blocks',
    expects: 'The binary log has the changes of every schema.',
    consequence: 'Changes that are filtered out never reach Aurora.',
    fix: 'Remove binlog-do-db and binlog-ignore-db from my.cnf, restart, and seed again.',
    find: async (server) => {
      const {only, without} = await server.server.logFilters(server.signal);
      return [
        ...findingIf(only.length > 0, `${server.name} logs only the schemas ${only.join(', ')}`),
        ...findingIf(
          without.length > 0,
          `${server.name} does not log the schemas ${without.join(', ')}`,
        ),
      ];
    },
  },
  {
    name: 'log-slave-updates-off',
    severity: 'blocks',
    of: 'replica',
    expects: 'A replica logs what it replicates (log_slave_updates).',
    consequence: 'Servers that replicate from it receive no changes of its source.',
    fix: 'Set log-slave-updates (log-replica-updates) in my.cnf and restart.',
    find: async (server) => {
      const settings = await server.settings();
      return findingIf(
        !isOn(settingOf(settings, 'log_slave_updates', 'log_replica_updates')),
        `${server.name} has log_slave_updates = OFF, so changes of its source end there`,
      );
    },
  },
];

const leastHours = 24;

/** 0: never purged. From 8.0 on, the seconds take precedence (MySQL 8.0 manual 17.1.6.4). */
function retentionHours({
  binlog_expire_logs_seconds: seconds,
  expire_logs_days: days,
}: Settings): number {
  const hours = Number(seconds ?? 0) > 0 ? Number(seconds) / 3_600 : Number(days ?? 0) * 24;
  return Math.round(hours * 10) / 10;
}
