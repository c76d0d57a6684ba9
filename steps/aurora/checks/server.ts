import {listed} from '../../../src/index.ts';
import {
  autoIncrementsOf,
  columnNameOf,
  columnValue,
  eventsSql,
  type Facts,
  findingIf,
  isOn,
  plural,
  type Row,
  settingOf,
} from '../../mysql/index.ts';
import {missingUses} from '../procedures/procedures.ts';
import type {AuroraCheck} from './check.ts';

/** What Aurora itself can be asked. */
export const serverChecks: readonly AuroraCheck[] = [
  {
    name: 'procedures-missing',
    severity: 'blocks',
    looksAt: 'server',
    expects: 'Aurora has the procedures that the steps call, with the arguments they have.',
    consequence: 'It could not be fenced, or not be made to follow.',
    fix: 'rds_set_read_only needs Aurora MySQL 3.06 or later; upgrade the cluster, or look whether the endpoint belongs to Aurora.',
    find: async ({aurora, reader}) =>
      missingUses(await reader.procedures(aurora.signal), aurora.name).map(({message}) => ({
        is: message.replace(/\.$/, ''),
      })),
  },
  {
    name: 'binary-log-kept-briefly',
    severity: 'blocks',
    looksAt: 'server',
    expects: 'Aurora keeps its binary logs for 24 h or more.',
    consequence: 'The old source could not catch up with it any more: no way back.',
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
              ? `${aurora.name} purges its binary logs as soon as it likes`
              : `${aurora.name} keeps its binary logs ${hours} h, and a way back needs ${leastHours} h`,
        },
      ];
    },
  },
  {
    name: 'events-run-too-early',
    severity: 'blocks',
    looksAt: 'server',
    expects: 'No event runs on Aurora before the cutover.',
    consequence:
      'It writes beside the replication: the same work is done twice, or replication stops.',
    fix: 'ALTER EVENT … DISABLE on Aurora, until the cutover is done.',
    find: async ({aurora}) =>
      isOn((await aurora.settings())['event_scheduler'])
        ? eventsThat(aurora, 'enabled', (status) => status === 'ENABLED')
        : [],
  },
  {
    name: 'events-never-run',
    severity: 'warns',
    looksAt: 'server',
    expects: 'Every event of Aurora runs after the cutover.',
    consequence: 'A replicated event stays disabled for good.',
    fix: 'After the cutover: ALTER EVENT … ENABLE for those that are wanted.',
    find: ({aurora}) =>
      eventsThat(aurora, 'disabled because replicated', (status) =>
        status.endsWith('SIDE_DISABLED'),
      ),
  },
  {
    name: 'auto-increment-behind',
    severity: 'blocks',
    looksAt: 'server',
    expects: 'Every AUTO_INCREMENT of Aurora is past the last row.',
    consequence: 'Right after the cutover inserts fail with duplicate keys (errno 1062).',
    fix: 'ALTER TABLE … AUTO_INCREMENT = one more than the largest value.',
    find: ({aurora}) => countersBehind(aurora),
  },
  {
    name: 'applies-alone',
    severity: 'warns',
    looksAt: 'server',
    expects: 'Aurora applies what it replicates with several workers.',
    consequence: 'It catches up as slowly as one thread can, and the freeze waits for it.',
    fix: 'Set replica_parallel_workers = 4 or more in the cluster parameter group.',
    find: async ({aurora}) => {
      const {isMariaDb, series} = await aurora.version();
      const workers = settingOf(
        await aurora.settings(),
        'replica_parallel_workers',
        'slave_parallel_workers',
      );
      // Before 5.7 workers share the work out by schema alone.
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
    (await aurora.rows(eventsSql))
      .filter((row) => which(columnValue(row, 'status')))
      .map((row) => `${columnValue(row, 's')}.${columnValue(row, 'name')}`),
  );

async function countersBehind(aurora: Facts) {
  const behind: string[] = [];
  for (const row of await autoIncrementsOf(aurora)) {
    const largest = await largestIn(aurora, row);
    if (largest >= BigInt(columnValue(row, 'next'))) {
      behind.push(`${columnNameOf(row)} (next ${columnValue(row, 'next')}, largest ${largest})`);
    }
  }
  return listed(
    (count) =>
      `${count} AUTO_INCREMENT ${plural(count, 'column')} of ${aurora.name} ${plural(count, 'is', 'are')} behind the data`,
    behind,
  );
}

/** The first column of a key, or the server would read the whole table: InnoDB wants it so. */
async function largestIn(aurora: Facts, row: Row): Promise<bigint> {
  const [found] = await aurora.server.query(
    'SELECT CAST(MAX(??) AS CHAR) AS largest FROM ??.??',
    [columnValue(row, 'c'), columnValue(row, 's'), columnValue(row, 't')],
    aurora.signal,
  );
  const largest = columnValue(found ?? {}, 'largest');
  return /^\d+$/.test(largest) ? BigInt(largest) : 0n;
}
