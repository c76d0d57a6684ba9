import {listed} from '../../../src/index.ts';
import {
  columnNameOf,
  columnValue,
  countersNow,
  type Facts,
  findingIf,
  isOn,
  plural,
  type Row,
  settingOf,
} from '../../mysql/index.ts';
import {procedureProblems} from '../procedures/procedures.ts';
import type {AuroraCheck} from './check.ts';

/** What Aurora itself answers. */
export const serverChecks: readonly AuroraCheck[] = [
  {
    name: 'procedures-missing',
    severity: 'blocks',
    looksAt: 'server',
    expects: 'Aurora has the procedures that the steps call, with the arguments that they pass.',
    consequence: 'Writes cannot be disabled, or replication cannot be set up.',
    fix: 'Upgrade the cluster (rds_set_read_only needs Aurora MySQL 3.06 or later), or correct the endpoint if it is not Aurora.',
    find: async ({aurora, reader}) =>
      procedureProblems(await reader.procedures(aurora.signal), reader).map(({message}) => ({
        is: message.replace(/\.$/, ''),
      })),
  },
  {
    name: 'binary-log-retention-short',
    severity: 'blocks',
    looksAt: 'server',
    expects: 'Aurora keeps its binary logs for 24 h or more.',
    consequence: 'Reverse replication cannot start or catch up once a log is purged.',
    fix: "On Aurora: CALL mysql.rds_set_configuration('binlog retention hours', 168).",
    find: async ({aurora, reader}) => {
      const hours = await reader.binlogRetentionHours(aurora.signal);
      if (hours !== null && hours >= leastHours) {
        return [];
      }
      return [
        {
          is:
            hours === null
              ? `${aurora.name} may purge its binary logs at any time`
              : `${aurora.name} keeps its binary logs for ${hours} h, and reverse replication needs ${leastHours} h`,
        },
      ];
    },
  },
  {
    name: 'events-enabled-on-aurora',
    severity: 'blocks',
    looksAt: 'server',
    expects: 'No event runs on Aurora before the cutover.',
    consequence:
      'It writes in addition to replication: the same work is done twice, or replication stops.',
    fix: 'ALTER EVENT … DISABLE on Aurora, until the cutover is done.',
    find: async ({aurora}) =>
      isOn((await aurora.settings())['event_scheduler'])
        ? eventsThat(aurora, 'enabled', (status) => status === 'ENABLED')
        : [],
  },
  {
    name: 'events-disabled-by-replication',
    severity: 'warns',
    looksAt: 'server',
    expects: 'Every event of Aurora runs after the cutover.',
    consequence: 'A replicated event stays disabled.',
    fix: 'After the cutover: ALTER EVENT … ENABLE for each one that must run.',
    find: ({aurora}) =>
      eventsThat(aurora, 'disabled because replicated', (status) =>
        status.endsWith('SIDE_DISABLED'),
      ),
  },
  {
    name: 'auto-increment-behind',
    severity: 'blocks',
    looksAt: 'server',
    expects: 'Every AUTO_INCREMENT of Aurora is larger than the largest value in its column.',
    consequence: 'Right after the cutover inserts fail with duplicate keys (errno 1062).',
    fix: 'ALTER TABLE … AUTO_INCREMENT = one more than the largest value.',
    find: ({aurora}) => countersBehind(aurora),
  },
  {
    name: 'replication-single-threaded',
    severity: 'warns',
    looksAt: 'server',
    expects: 'Aurora applies replicated transactions with several workers.',
    consequence: 'It catches up at the speed of a single thread, and the freeze waits for it.',
    fix: 'Set replica_parallel_workers = 4 or more in the cluster parameter group.',
    find: async ({aurora}) => {
      const {isMariaDb, series} = await aurora.version();
      const workers = settingOf(
        await aurora.settings(),
        'replica_parallel_workers',
        'slave_parallel_workers',
      );
      // Before 5.7 workers divide the work by schema only.
      return findingIf(
        !isMariaDb && series >= 507 && Number(workers ?? 0) < 2,
        `${aurora.name} applies with ${workers} workers`,
      );
    },
  },
];

const leastHours = 24;

const eventsThat = async (aurora: Facts, word: string, which: (status: string) => boolean) =>
  listed(
    (count) =>
      `${count} ${plural(count, 'event')} of ${aurora.name} ${plural(count, 'is', 'are')} ${word}`,
    (await aurora.objects()).events
      .filter((row) => which(columnValue(row, 'status')))
      .map((row) => `${columnValue(row, 's')}.${columnValue(row, 'name')}`),
  );

const isBehind = (row: Row): boolean => {
  const next = columnValue(row, 'next');
  const largest = columnValue(row, 'largest');
  // An empty table has no largest value.
  return /^\d+$/.test(next) && /^\d+$/.test(largest) && BigInt(largest) >= BigInt(next);
};

async function countersBehind(aurora: Facts) {
  const suspects = (await aurora.largest()).filter(isBehind);
  // The next value is read after the largest one: a row that is replicated in between moves both.
  const behind =
    suspects.length === 0 ? [] : (await countersNow(aurora, suspects)).filter(isBehind);
  return listed(
    (count) =>
      `${count} AUTO_INCREMENT ${plural(count, 'column')} of ${aurora.name} ${plural(count, 'is', 'are')} behind the data`,
    behind.map((row) => {
      const name = columnNameOf(row);
      return `${name} (next ${columnValue(row, 'next')}, largest ${columnValue(row, 'largest')})`;
    }),
  );
}
