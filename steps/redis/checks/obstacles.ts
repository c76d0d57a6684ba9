import {type Blocked, blocked} from '../../../src/index.ts';
import type {CommandUse, RedisFacts, RedisReader} from '../contract.ts';
import {isAtLeast} from '../server/facts.ts';
import {keyCount} from '../server/key-text.ts';
import {payloadVersion, triedVersions} from '../server/payload.ts';

/** The first version with UNLINK, MEMORY USAGE and RESTORE … REPLACE. */
const oldestVersion = '4.0';

/** What speaks against any use of a server, whether it is the old or the new side. */
export function obstacleAtServer(redis: RedisReader, facts: RedisFacts): Blocked | undefined {
  const where = `${redis.name} (${redis.address}, ${facts.server})`;
  if (facts.isCluster) {
    return blocked(
      `${where} has cluster mode enabled, and keys can only be copied between servers without it.`,
      'Use an ElastiCache replication group with cluster mode disabled, or have a person copy the keys with operator.by-hand.',
    );
  }
  if (facts.replicaOf !== undefined) {
    return blocked(
      `${where} is a replica of ${facts.replicaOf}: it refuses writes, and may lag behind.`,
      'Name the master or its sentinels in the inventory; for ElastiCache, the primary endpoint.',
    );
  }
  if (!isAtLeast(facts.version, oldestVersion)) {
    return blocked(
      `${where} is older than Redis ${oldestVersion}, the oldest version whose keys can be copied.`,
      'Upgrade it, or have a person copy the keys with operator.by-hand.',
    );
  }
  return undefined;
}

/** What an account lacks. */
export async function refusedAt(
  redis: RedisReader,
  uses: readonly CommandUse[],
  signal: AbortSignal,
): Promise<Blocked | undefined> {
  const refused = await Promise.all(uses.map((use) => redis.refusedCommands(use, signal)));
  const commands = [...new Set(refused.flat())];
  return commands.length === 0
    ? undefined
    : blocked(
        `The account of ${redis.name} (${redis.address}) may not use ${commands.join(', ')}.`,
        `Grant these commands for all keys: redis-cli ACL SETUSER USER ${commands.map((command) => `+${command.toLowerCase().replace(' ', '|')}`).join(' ')} ~*. For ElastiCache, add them to the access string of the user.`,
      );
}

interface Sides {
  readonly source: RedisReader;
  readonly target: RedisReader;
}

interface SideFacts {
  readonly source: RedisFacts;
  readonly target: RedisFacts;
}

/** Whether each side takes what the other one dumps, asked of the servers themselves. */
export async function payloadObstacle(
  {source, target}: Sides,
  facts: SideFacts,
  bringsBack: boolean,
  signal: AbortSignal,
): Promise<Blocked | undefined> {
  const [ofSource, ofTarget] = await Promise.all([
    dumpedBy(source, signal),
    dumpedBy(target, signal),
  ]);
  const [there, back] = await Promise.all([
    target.takesPayloads([ofSource], signal),
    source.takesPayloads([ofTarget], signal),
  ]);
  const [from, to] = [
    `${source.name} (${facts.source.server})`,
    `${target.name} (${facts.target.server})`,
  ];
  if (there[0] === 'no') {
    return blocked(
      `${to} cannot restore what DUMP on ${from} returns: payloads of RDB version ${ofSource}.`,
      `Upgrade ${target.name} to ${facts.source.server} or later.`,
    );
  }
  if (bringsBack && back[0] === 'no') {
    return blocked(
      `A reversal could not copy the changes of the new side back: ${from} cannot restore payloads of RDB version ${ofTarget}, which DUMP on ${to} returns.`,
      `Upgrade the old side to the version of the new side first. Or set bringBack: false: a reversal then leaves the old side as it was at the copy, and loses later changes.`,
    );
  }
  return undefined;
}

/** The version of the format in which it dumps: of a key that it has, else the newest that it takes. */
async function dumpedBy(redis: RedisReader, signal: AbortSignal): Promise<number> {
  const {keys} = await redis.names('0', signal);
  for (const stored of await redis.stored(keys.slice(0, 1), signal)) {
    if (stored) {
      return payloadVersion(stored.payload);
    }
  }
  const answers = await redis.takesPayloads(triedVersions, signal);
  return Math.max(0, ...triedVersions.filter((_version, index) => answers[index] === 'yes'));
}

/** Whether the memory of the new side has place for the old one's keys. */
export function memoryObstacle({source, target}: Sides, facts: SideFacts): Blocked | undefined {
  const {usedBytes} = facts.source;
  const freeBytes = facts.target.maxBytes - facts.target.usedBytes;
  return facts.target.maxBytes > 0 && freeBytes < usedBytes
    ? blocked(
        `${target.name} has ${megabytes(freeBytes)} of free memory (maxmemory ${megabytes(facts.target.maxBytes)}), but ${source.name} uses ${megabytes(usedBytes)}.`,
        `Use a larger node, raise maxmemory, or delete keys of ${source.name} that nobody needs.`,
      )
    : undefined;
}

/** What the operator should know before the copy. */
export function remarksOn(
  {source, target}: Sides,
  facts: SideFacts,
  aheadMs: number,
): readonly string[] {
  const others = [...facts.source.databases].filter(([db, keys]) => db !== source.db && keys > 0);
  const policy = facts.target.policy;
  return [
    ...(others.length > 0
      ? [
          `Only database ${source.db} of ${source.name} is copied. Not copied: ${others.map(([db, keys]) => `database ${db} with ${keyCount(keys)}`).join(', ')}. Each needs its own target and entry.`,
        ]
      : []),
    ...(source.db === target.db
      ? []
      : [
          `Keys of database ${source.db} are copied to database ${target.db}: the application must use database ${target.db} on the new side.`,
        ]),
    ...(policy.startsWith('allkeys-')
      ? [
          `${target.name} has maxmemory-policy ${policy}: when its memory is full, it evicts any key, and a reversal cannot restore evicted keys. For sessions and queues, use noeviction or a volatile policy.`,
        ]
      : []),
    ...(Math.abs(aheadMs) > 2_000
      ? [
          `The clock of ${target.name} is ${Math.abs(Math.round(aheadMs / 1_000))} s ${aheadMs > 0 ? 'ahead of' : 'behind'} that of ${source.name}: copied keys expire that much ${aheadMs > 0 ? 'earlier' : 'later'}. Correct the clock of the old side.`,
        ]
      : []),
  ];
}

const megabytes = (bytes: number): string =>
  `${Math.round(bytes / 1024 ** 2).toLocaleString('en-US')} MB`;
