import {SwitcharooError} from '../../../src/index.ts';
import type {Replication} from '../contract.ts';
import {brokenReason, isRunning, sourceAddress} from '../replication/replication.ts';
import {findingIf, type MysqlCheck} from './check.ts';
import {type Facts, isOn, settingOf} from './facts.ts';

/** Who follows whom, and how. */
export const replicationChecks: readonly MysqlCheck[] = [
  {
    name: 'server-id-zero',
    severity: 'blocks',
    expects: 'The server has a server_id.',
    consequence: 'With server_id = 0 nobody can follow it, and it can follow nobody.',
    fix: 'Give each server a server-id of its own in my.cnf.',
    find: async (server) =>
      findingIf(
        Number((await server.settings())['server_id'] ?? 0) === 0,
        `${server.name} has server_id = 0, with which nobody can follow it`,
      ),
  },
  {
    name: 'server-id-shared',
    severity: 'blocks',
    expects: 'No two servers have one server_id.',
    consequence:
      "A server drops events with its own id without a word: the other one's writes are lost.",
    fix: 'Give each server a server-id of its own in my.cnf.',
    find: (server, others) => shared(server, others, 'server_id'),
  },
  {
    name: 'server-uuid-shared',
    severity: 'blocks',
    expects: 'No two servers have one server_uuid.',
    consequence:
      'A copied data folder brings its uuid along, and then two replicas throw each other out.',
    fix: 'Stop the copy, remove auto.cnf from its data folder, and start it.',
    find: (server, others) => shared(server, others, 'server_uuid'),
  },
  {
    name: 'source-is-replica',
    severity: 'blocks',
    of: 'source',
    expects: 'The source follows no other server.',
    consequence: 'A replication thread writes on although read_only is set.',
    fix: 'Stop and reset its replication, or name the server that it follows as the source.',
    find: async (server) => {
      const replication = await server.replication();
      return replication
        ? [{is: `${server.name} is a replica of ${sourceAddress(replication)} itself`}]
        : [];
    },
  },
  {
    name: 'replica-without-source',
    severity: 'blocks',
    of: 'replica',
    expects: 'A replica follows the source.',
    consequence: 'Whoever follows it gets nothing of what the source writes.',
    fix: 'Seed it from the source, and let it follow.',
    find: async (server, others) => {
      const replication = await server.replication();
      const wanted = others.map(({name}) => name).join(' or ');
      if (!replication) {
        return [{is: `${server.name} follows nobody, not ${wanted}`}];
      }
      return (await sourceOf(server, others))
        ? []
        : [
            {
              is: `${server.name} follows ${sourceAddress(replication)} with server_id ${replication.sourceServerId}, which is not ${wanted}`,
            },
          ];
    },
  },
  {
    name: 'replication-broken',
    severity: 'blocks',
    of: 'replica',
    expects: 'A replica replicates.',
    consequence: 'Whoever follows it gets nothing new.',
    fix: 'Remove the cause, then START SLAVE (START REPLICA); do not skip the event.',
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
    expects: 'A replica has reached its source.',
    consequence: 'It tries again by itself; a gate waits for it.',
    fix: 'Look at SHOW SLAVE STATUS (SHOW REPLICA STATUS) if it lasts.',
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
    expects: 'A replica leaves out nothing but the schema mysql.',
    consequence: 'What is filtered never reaches the other side.',
    fix: 'Take the replicate-* filters out of my.cnf, restart, and seed anew.',
    find: async (server) => {
      const filters = (await server.replication())?.filters ?? [];
      return findingIf(
        filters.length > 0,
        `${server.name} replicates only a part: ${filters.join('; ')}`,
      );
    },
  },
  {
    name: 'replication-delayed',
    severity: 'blocks',
    of: 'replica',
    expects: 'A replica is not behind on purpose.',
    consequence: 'The freeze would last at least as long as the delay.',
    fix: 'STOP SLAVE; CHANGE MASTER TO MASTER_DELAY = 0; START SLAVE (SOURCE_DELAY from 8.0.23 on).',
    find: async (server) => {
      const delay = (await server.replication())?.delaySeconds ?? 0;
      return findingIf(delay > 0, `${server.name} is ${delay} s behind on purpose`);
    },
  },
  {
    name: 'replica-writable',
    severity: 'warns',
    of: 'replica',
    expects: 'Nobody but its source writes on a replica.',
    consequence: 'A write there is on Aurora and nowhere else, or stops replication.',
    fix: 'Set read_only = ON there, also in my.cnf.',
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
    expects: 'A replica that applies in parallel commits in the order of its source.',
    consequence: 'Its position says that everything before it is there when it is not.',
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
        `${server.name} applies with ${workers} workers, and not in the order of its source`,
      );
    },
  },
  {
    name: 'gtid-modes-differ',
    severity: 'blocks',
    of: 'replica',
    expects: 'A replica and its source have GTID modes that go together.',
    consequence: 'With ON on one side and OFF on the other the IO thread stops (errno 1593).',
    fix: 'Bring both to ON_PERMISSIVE or the same mode, a step at a time.',
    find: async (server, others) => gtidModeFindings(server, await sourceOf(server, others)),
  },
  {
    name: 'packet-too-large-for-replica',
    severity: 'blocks',
    of: 'replica',
    expects: 'A replica takes every row that its source may write.',
    consequence: 'Replication stops at the first row that is larger (errno 1153, 1236).',
    fix: 'Raise slave_max_allowed_packet (replica_max_allowed_packet) above max_allowed_packet of the source.',
    find: async (server, others) => packetSizeFindings(server, await sourceOf(server, others)),
  },
];

async function shared(server: Facts, others: readonly Facts[], name: 'server_id' | 'server_uuid') {
  const ours = (await server.settings())[name];
  const same: string[] = [];
  for (const other of others) {
    if (ours !== undefined && (await other.settings())[name] === ours) {
      same.push(other.name);
    }
  }
  return findingIf(
    same.length > 0,
    `${server.name} has the ${name} ${ours}, and so has ${same.join(', ')}`,
  );
}

/** The server that this one follows, if it is one of them. */
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

/** By its id; by its address before it was reached once, or while it cannot be asked. */
async function isSourceOf(replication: Replication, {server, settings}: Facts): Promise<boolean> {
  const atItsAddress = sourceAddress(replication) === server.address;
  if (atItsAddress || replication.sourceServerId === 0) {
    return atItsAddress;
  }
  const its = await settings().catch(unlessForeseen);
  return its?.['server_id'] === String(replication.sourceServerId);
}

function unlessForeseen(error: unknown): undefined {
  if (!(error instanceof SwitcharooError)) {
    throw error;
  }
}

export async function gtidModeFindings(follower: Facts, leader: Facts | undefined) {
  const its = (await leader?.settings())?.['gtid_mode'];
  const ours = (await follower.settings())['gtid_mode'];
  return findingIf(
    (its === 'ON' && ours === 'OFF') || (its === 'OFF' && ours === 'ON'),
    `${follower.name} has gtid_mode = ${ours}, and ${leader?.name} has ${its}`,
  );
}

export async function packetSizeFindings(follower: Facts, leader: Facts | undefined) {
  const most = Number((await leader?.settings())?.['max_allowed_packet'] ?? 0);
  const takes = Number(
    settingOf(
      await follower.settings(),
      'replica_max_allowed_packet',
      'slave_max_allowed_packet',
    ) ?? most,
  );
  return findingIf(
    takes < most,
    `${follower.name} takes replicated rows of ${takes} bytes, and ${leader?.name} allows ${most}`,
  );
}
