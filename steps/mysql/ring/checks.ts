import {type CheckWords, type Finding, type Observation, survey} from '../../../src/index.ts';
import {findingIf} from '../checks/check.ts';
import {type Facts, type FactsLook, factsOf, isOn, settingOf} from '../checks/facts.ts';
import {gtidModeFindings} from '../checks/replication.ts';
import type {Row} from '../session/contract.ts';
import type {Members} from './links.ts';

interface Ring {
  readonly source: Facts;
  readonly replica: Facts;
  readonly aurora: Facts;
}

interface RingCheck extends CheckWords {
  find(ring: Ring): Promise<readonly Observation[]>;
}

/** Everything that forbids or endangers a ring of these three servers, read from each of them. */
export async function ringFindings(
  {source, replica, aurora}: Members,
  signal: AbortSignal,
  look?: FactsLook,
): Promise<readonly Finding[]> {
  const ring: Ring = {
    source: factsOf(source, signal, look),
    replica: factsOf(replica, signal, look),
    aurora: factsOf(aurora, signal, look),
  };
  const {findings} = await survey(ringChecks, source.name, (check) => check.find(ring), 'thrown');
  return findings;
}

const membersOf = ({source, replica, aurora}: Ring): readonly Facts[] => [source, replica, aurora];

/** Who reads whose log: what one writes must be readable by the next. */
const hopsOf = ({source, replica, aurora}: Ring): readonly (readonly [Facts, Facts])[] => [
  [source, replica],
  [replica, aurora],
  [aurora, source],
];

const ofEach = async (
  members: readonly Facts[],
  find: (member: Facts) => Promise<readonly Observation[]>,
): Promise<readonly Observation[]> => (await Promise.all(members.map(find))).flat();

const ringChecks: readonly RingCheck[] = [
  {
    name: 'ring-server-id',
    severity: 'blocks',
    expects: 'The three servers have a server_id each, all different.',
    consequence: 'A server drops every event with its own id, so writes would vanish silently.',
    fix: 'Give each server a server-id of its own in my.cnf.',
    find: async (ring) => {
      const ids = await Promise.all(
        membersOf(ring).map(async ({name, settings}) => ({
          name,
          id: Number((await settings())['server_id'] ?? 0),
        })),
      );
      return ids.flatMap(({name, id}, index) => {
        const same = ids.slice(index + 1).filter((other) => other.id === id);
        return id === 0
          ? [{is: `${name} has server_id = 0`}]
          : findingIf(
              same.length > 0,
              `${name} and ${same.map((other) => other.name).join(' and ')} have the same server_id ${id}`,
            );
      });
    },
  },
  {
    name: 'ring-binary-log-off',
    severity: 'blocks',
    expects: 'The three servers write a binary log.',
    consequence: 'The next server receives nothing.',
    fix: 'Set log-bin in my.cnf (binlog_format in the cluster parameter group of Aurora) and restart.',
    find: (ring) =>
      ofEach(membersOf(ring), async ({name, settings}) =>
        findingIf(!isOn((await settings())['log_bin']), `${name} has log_bin = OFF`),
      ),
  },
  {
    name: 'ring-replicated-not-logged',
    severity: 'blocks',
    expects: 'Source and replica log what they replicate.',
    consequence:
      'What Aurora writes would end at the source, and be missing on the replica when the source is in use again.',
    fix: 'Set log-slave-updates (log-replica-updates) in my.cnf and restart.',
    find: ({source, replica}) => ofEach([source, replica], (member) => notLogging(member)),
  },
  {
    name: 'ring-without-return',
    severity: 'warns',
    expects: 'Aurora logs what it replicates.',
    consequence:
      'Nothing returns to the source, so no test row goes round: each direction is proven alone.',
    fix: 'Nothing need be done. With log_replica_updates = ON on Aurora the whole ring is proven.',
    find: ({aurora}) => notLogging(aurora),
  },
  {
    name: 'ring-not-row',
    severity: 'blocks',
    expects: 'The three servers log rows.',
    consequence: 'Statements that are not deterministic give different rows on the next server.',
    fix: 'Set binlog_format = ROW and restart: open sessions keep their old format.',
    find: (ring) =>
      ofEach(membersOf(ring), async ({name, settings}) => {
        const {binlog_format: format = 'ROW'} = await settings();
        return findingIf(format !== 'ROW', `${name} has binlog_format = ${format}`);
      }),
  },
  {
    name: 'ring-filtered',
    severity: 'blocks',
    expects: 'No server filters what it logs or replicates, except the schema mysql.',
    consequence: 'What is filtered out is missing on the servers behind it.',
    fix: 'Remove the replicate-*, binlog-do-db and binlog-ignore-db settings from my.cnf and restart.',
    find: (ring) => ofEach(membersOf(ring), filtersOf),
  },
  {
    name: 'ring-out-of-order',
    severity: 'blocks',
    expects: 'Servers with several replication workers commit in the order of their source.',
    consequence: 'A position would include transactions that are not applied yet.',
    fix: 'Set slave_preserve_commit_order (replica_preserve_commit_order) = ON.',
    find: (ring) =>
      ofEach(membersOf(ring), async ({name, settings}) => {
        const all = await settings();
        const workers = settingOf(all, 'replica_parallel_workers', 'slave_parallel_workers') ?? '0';
        const order = settingOf(
          all,
          'replica_preserve_commit_order',
          'slave_preserve_commit_order',
        );
        return findingIf(
          Number(workers) > 1 && order === 'OFF',
          `${name} applies with ${workers} workers in no order`,
        );
      }),
  },
  {
    name: 'ring-gtid-modes',
    severity: 'blocks',
    expects: 'The three servers have compatible GTID modes.',
    consequence: 'With ON on one side and OFF on the other the IO thread stops (errno 1593).',
    fix: 'SET GLOBAL gtid_mode one mode at a time, until all are the same or ON_PERMISSIVE.',
    find: async (ring) =>
      (await Promise.all(hopsOf(ring).map(([from, to]) => gtidModeFindings(to, from)))).flat(),
  },
  {
    name: 'ring-strict-gtids',
    severity: 'blocks',
    expects: 'MariaDB servers of one domain do not enforce the order of their GTIDs.',
    consequence:
      'The test row of one side comes between writes of the other, and replication stops (errno 1950).',
    fix: 'Set gtid_strict_mode = OFF, or give each server a gtid_domain_id of its own.',
    find: strictDomains,
  },
  {
    name: 'ring-compressed',
    severity: 'blocks',
    expects: 'No server compresses transactions in its log that the next one cannot read.',
    consequence: 'The next server stops at the first one.',
    fix: 'Set binlog_transaction_compression = OFF (log_bin_compress in MariaDB).',
    find: compressedHops,
  },
  {
    name: 'ring-collation',
    severity: 'blocks',
    expects: 'Every collation that Aurora uses is known to the source.',
    consequence:
      "Each event names its session's collation, and reverse replication stops at one that the source does not know (error 22).",
    fix: 'Use collations that both have: in collation_server, in schemas, tables, and the sessions of the driver.',
    find: unknownCollations,
  },
  {
    name: 'ring-newer-to-older',
    severity: 'warns',
    expects: 'Aurora and the source are of the same release series.',
    consequence:
      'The source reads the log of a newer server, which MySQL does not support. Such a ring has run in tests (MariaDB 10.11 to MySQL 5.6), and stops at anything that the source does not know.',
    fix: 'Arm the ring days before, under the load of production, and read its state with switcharoo status.',
    find: async ({source, aurora}) => {
      const [older, newer] = [await source.version(), await aurora.version()];
      return findingIf(
        older.isMariaDb !== newer.isMariaDb || older.series !== newer.series,
        `${source.name} is ${older.text} and is to replicate from ${aurora.name}, which is ${newer.text}`,
      );
    },
  },
];

async function notLogging({name, settings}: Facts): Promise<readonly Observation[]> {
  const all = await settings();
  const value = settingOf(all, 'log_slave_updates', 'log_replica_updates');
  return findingIf(!isOn(value), `${name} has log_slave_updates = OFF`);
}

async function filtersOf(member: Facts): Promise<readonly Observation[]> {
  const {name, server, signal, settings} = member;
  const [{only, without}, replication, all] = await Promise.all([
    server.logFilters(signal),
    member.replication(),
    settings(),
  ]);
  // MariaDB shows its filters also where nothing replicates; others show them with their status.
  const set = Object.entries(all).filter(
    ([key, value]) =>
      /^replicate_(do|ignore|wild_do|wild_ignore)_(db|table)$/.test(key) &&
      value !== '' &&
      !(key.includes('ignore') && /^(mysql(\.%)?,?)+$/.test(value)),
  );
  const filters = replication?.filters ?? set.map(([key, value]) => `${key} = ${value}`);
  return [
    ...findingIf(filters.length > 0, `${name} filters what it replicates: ${filters.join('; ')}`),
    ...findingIf(only.length > 0, `${name} logs only the schemas ${only.join(', ')}`),
    ...findingIf(without.length > 0, `${name} does not log the schemas ${without.join(', ')}`),
  ];
}

async function strictDomains(ring: Ring): Promise<readonly Observation[]> {
  const members = await Promise.all(
    membersOf(ring).map(async ({name, settings}) => {
      const {gtid_strict_mode: strict, gtid_domain_id: domain} = await settings();
      return {name, domain, isStrict: isOn(strict)};
    }),
  );
  return members.flatMap(({name, domain, isStrict}) => {
    const shared = members.filter((other) => other.name !== name && other.domain === domain);
    return findingIf(
      domain !== undefined && isStrict && shared.length > 0,
      `${name} has gtid_strict_mode = ON and shares gtid_domain_id ${domain} with ${shared.map((other) => other.name).join(' and ')}`,
    );
  });
}

async function compressedHops(ring: Ring): Promise<readonly Observation[]> {
  return ofHops(ring, async (from, to) => {
    const settings = await from.settings();
    const name = ['binlog_transaction_compression', 'log_bin_compress'].find((key) =>
      isOn(settings[key]),
    );
    const [writer, reader] = [await from.version(), await to.version()];
    const canRead = writer.isMariaDb === reader.isMariaDb && writer.series <= reader.series;
    return findingIf(
      name !== undefined && !canRead,
      `${from.name} has ${name} = ON, which ${to.name} (${reader.text}) cannot read`,
    );
  });
}

const ofHops = async (
  ring: Ring,
  find: (from: Facts, to: Facts) => Promise<readonly Observation[]>,
): Promise<readonly Observation[]> =>
  (await Promise.all(hopsOf(ring).map(([from, to]) => find(from, to)))).flat();

/** Where both are of one brand and series, or the source is the newer one, it knows them all. */
async function unknownCollations({source, aurora}: Ring): Promise<readonly Observation[]> {
  const [older, newer] = [await source.version(), await aurora.version()];
  if (older.isMariaDb === newer.isMariaDb && older.series >= newer.series) {
    return [];
  }
  const supported = new Set((await source.rows(collationsSql)).map(collationIn));
  const {collation_server: server = ''} = await aurora.settings();
  const {schemas, tables, columns} = await aurora.tables();
  const used = [schemas, tables, columns].flatMap((rows) =>
    rows.map(({collation}) => canonical(String(collation ?? ''))),
  );
  const unknown = [...new Set([canonical(server), ...used])].filter(
    (name) => name !== '' && !supported.has(name),
  );
  return findingIf(
    unknown.length > 0,
    `${aurora.name} uses ${unknown.slice(0, 5).join(', ')}, which ${source.name} does not know`,
  );
}

/** utf8 is the older name of utf8mb3; MariaDB names some collations without their character set. */
const canonical = (name: string): string => name.replace(/^utf8_/, 'utf8mb3_');
const collationIn = (row: Row): string => canonical(String(row['name'] ?? ''));

const collationsSql = 'SELECT collation_name AS name FROM information_schema.collations';
