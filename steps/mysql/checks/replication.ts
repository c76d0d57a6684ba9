import {SwitcharooError} from '../../../src/index.ts';
import type {Replication} from '../contract.ts';
import {brokenReason, isRunning, sourceAddress} from '../replication/replication.ts';
import {findingIf, type MysqlCheck} from './check.ts';
import {type Facts, isOn, settingOf} from './facts.ts';

/** Which server replicates from which, and how. */
export const replicationChecks: readonly MysqlCheck[] = [
  {
    name: 'server-id-zero',
    severity: 'blocks',
    expects: 'The server has a server_id.',
    consequence: 'With server_id = 0 a server can be neither a source nor a replica.',
    fix: 'Give each server a server-id of its own in my.cnf.',
    find: async (server) =>
      findingIf(
        Number((await server.settings())['server_id'] ?? 0) === 0,
        `${server.name} has server_id = 0, so no server can replicate from it`,
      ),
  },
  {
    name: 'server-id-shared',
    severity: 'blocks',
    expects: 'No two servers have the same server_id.',
    consequence:
      'A server silently skips events with its own id, so writes of the other server are lost.',
    fix: 'Give each server a server-id of its own in my.cnf.',
    find: (server, others) => sharedSetting(server, others, 'server_id'),
  },
  {
    name: 'server-uuid-shared',
    severity: 'blocks',
    expects: 'No two servers have the same server_uuid.',
    consequence:
      'A copied data folder includes the uuid, and two replicas with the same one disconnect each other.',
    fix: 'Stop the copy, remove auto.cnf from its data folder, and start it.',
    find: (server, others) => sharedSetting(server, others, 'server_uuid'),
  },
  {
    name: 'source-is-replica',
    severity: 'blocks',
    of: 'source',
    expects: 'The source does not replicate from another server.',
    consequence: 'A replication thread keeps writing while read_only is set.',
    fix: 'STOP SLAVE; RESET SLAVE ALL (REPLICA from 8.0.22 on), or use its own source as the source.',
    find: async (server) => {
      const replication = await server.replication();
      return replication
        ? [{is: `${server.name} is itself a replica of ${sourceAddress(replication)}`}]
        : [];
    },
  },
  {
    name: 'replica-without-source',
    severity: 'blocks',
    of: 'replica',
    expects: 'A replica replicates from the source.',
    consequence: 'Servers that replicate from it receive no changes of the source.',
    fix: 'Seed it from the source, then CHANGE MASTER TO the source and START SLAVE (CHANGE REPLICATION SOURCE TO, START REPLICA).',
    find: async (server, others) => {
      const replication = await server.replication();
      const sources = others.map(({name}) => name).join(' or ');
      if (!replication) {
        return [{is: `${server.name} is not a replica; it should replicate from ${sources}`}];
      }
      return (await sourceOf(server, others))
        ? []
        : [
            {
              is: `${server.name} replicates from ${sourceAddress(replication)} with server_id ${replication.sourceServerId}, not from ${sources}`,
            },
          ];
    },
  },
  {
    name: 'replication-broken',
    severity: 'blocks',
    of: 'replica',
    expects: 'Replication runs.',
    consequence: 'Neither it nor the servers that replicate from it receive new changes.',
    fix: 'Fix the cause, then START SLAVE (START REPLICA); do not skip the event.',
    find: async (server) => {
      const replication = await server.replication();
      const broken = replication && brokenReason(replication);
      return broken ? [{is: `${server.name} does not replicate: ${broken}`}] : [];
    },
  },
  {
    name: 'replication-connecting',
    severity: 'warns',
    of: 'replica',
    expects: 'A replica is connected to its source.',
    consequence: 'It retries by itself, and a gate waits for it.',
    fix: 'If it lasts, read SHOW SLAVE STATUS (SHOW REPLICA STATUS).',
    find: async (server) => {
      const replication = await server.replication();
      return replication && !isRunning(replication) && brokenReason(replication) === null
        ? [{is: `${server.name} is still connecting to ${sourceAddress(replication)}`}]
        : [];
    },
  },
  {
    name: 'replication-filtered',
    severity: 'blocks',
    expects: 'A replica filters out no schema except mysql.',
    consequence: 'Changes that are filtered out never reach Aurora.',
    fix: 'Remove the replicate-* filters from my.cnf, restart, and seed again.',
    find: async (server) => {
      const filters = (await server.replication())?.filters ?? [];
      return findingIf(
        filters.length > 0,
        `${server.name} filters what it replicates: ${filters.join('; ')}`,
      );
    },
  },
  {
    name: 'replication-delayed',
    severity: 'blocks',
    of: 'replica',
    expects: 'A replica has no configured delay.',
    consequence: 'The freeze would last at least as long as the delay.',
    fix: 'STOP SLAVE; CHANGE MASTER TO MASTER_DELAY = 0; START SLAVE (SOURCE_DELAY from 8.0.23 on).',
    find: async (server) => {
      const delay = (await server.replication())?.delaySeconds ?? 0;
      return findingIf(delay > 0, `${server.name} has a configured delay of ${delay} s`);
    },
  },
  {
    name: 'replica-writable',
    severity: 'warns',
    of: 'replica',
    expects: 'A replica is read-only.',
    consequence: 'A write there reaches Aurora but not the source, or stops replication.',
    fix: 'SET GLOBAL read_only = ON there, and in my.cnf.',
    find: async (server) =>
      findingIf(
        !isOn((await server.settings())['read_only']),
        `${server.name} has read_only = OFF`,
      ),
  },
  {
    name: 'commit-order-not-preserved',
    severity: 'blocks',
    of: 'replica',
    expects: 'A replica with several workers commits in the order of its source.',
    consequence: 'Its position includes transactions that it has not applied yet.',
    fix: 'Set slave_preserve_commit_order (replica_preserve_commit_order) = ON.',
    find: async (server) => {
      const settings = await server.settings();
      const workers = settingOf(settings, 'replica_parallel_workers', 'slave_parallel_workers');
      const order = settingOf(
        settings,
        'replica_preserve_commit_order',
        'slave_preserve_commit_order',
      );
      return findingIf(
        Number(workers ?? 0) > 1 && order === 'OFF',
        `${server.name} applies with ${workers} workers, not in the order of its source`,
      );
    },
  },
  {
    name: 'gtid-modes-differ',
    severity: 'blocks',
    of: 'replica',
    expects: 'A replica and its source have compatible GTID modes.',
    consequence: 'With ON on one side and OFF on the other the IO thread stops (errno 1593).',
    fix: 'SET GLOBAL gtid_mode on both, one mode at a time, until both are ON_PERMISSIVE or the same.',
    find: async (server, others) => gtidModeFindings(server, await sourceOf(server, others)),
  },
  {
    name: 'packet-too-large-for-replica',
    severity: 'blocks',
    of: 'replica',
    expects: 'A replica accepts every row that its source may write.',
    consequence: 'Replication stops at the first larger row (errno 1153, 1236).',
    fix: 'Raise slave_max_allowed_packet (replica_max_allowed_packet) to at least max_allowed_packet of the source.',
    find: async (server, others) => packetSizeFindings(server, await sourceOf(server, others)),
  },
];

async function sharedSetting(
  server: Facts,
  others: readonly Facts[],
  name: 'server_id' | 'server_uuid',
) {
  const [{[name]: value}, ...ofOthers] = await Promise.all([
    server.settings(),
    ...others.map((other) => other.settings()),
  ]);
  const same = others
    .filter((_, index) => value !== undefined && ofOthers[index]?.[name] === value)
    .map((other) => other.name);
  return findingIf(
    same.length > 0,
    `${server.name} has the same ${name} as ${same.join(', ')}: ${value}`,
  );
}

/** The server that this one replicates from, if it is one of the others. */
export async function sourceOf(
  server: Facts,
  others: readonly Facts[],
): Promise<Facts | undefined> {
  const replication = await server.replication();
  for (const other of others) {
    if (replication && (await isSourceOf(replication, other))) {
      return other;
    }
  }
  return undefined;
}

/** Compared by server_id; by address before the first connection, or while the other server is unreachable. */
async function isSourceOf(replication: Replication, {server, settings}: Facts): Promise<boolean> {
  const hasSameAddress = sourceAddress(replication) === server.address;
  if (hasSameAddress || replication.sourceServerId === 0) {
    return hasSameAddress;
  }
  const otherSettings = await settings().catch(unlessForeseen);
  return otherSettings?.['server_id'] === String(replication.sourceServerId);
}

function unlessForeseen(error: unknown): undefined {
  if (!(error instanceof SwitcharooError)) {
    throw error;
  }
}

export async function gtidModeFindings(replica: Facts, source: Facts | undefined) {
  const [ofSource, ofReplica] = await Promise.all([source?.settings(), replica.settings()]);
  const [sourceMode, replicaMode] = [ofSource?.['gtid_mode'], ofReplica['gtid_mode']];
  return findingIf(
    (sourceMode === 'ON' && replicaMode === 'OFF') ||
      (sourceMode === 'OFF' && replicaMode === 'ON'),
    `${replica.name} has gtid_mode = ${replicaMode}, and ${source?.name} has ${sourceMode}`,
  );
}

export async function packetSizeFindings(replica: Facts, source: Facts | undefined) {
  const [ofSource, ofReplica] = await Promise.all([source?.settings(), replica.settings()]);
  const sourceBytes = Number(ofSource?.['max_allowed_packet'] ?? 0);
  const replicaBytes = Number(
    settingOf(ofReplica, 'replica_max_allowed_packet', 'slave_max_allowed_packet') ?? sourceBytes,
  );
  return findingIf(
    replicaBytes < sourceBytes,
    `${replica.name} accepts replicated rows of ${replicaBytes} bytes, and ${source?.name} allows ${sourceBytes}`,
  );
}
