import {z} from 'zod';
import {
  breakReplication,
  delayReplication,
  dropConnections,
  fixReplication,
} from './mysql/faults.ts';
import type {World} from './world.ts';

const database = z.enum(['source', 'replica', 'aurora']);

/** What can be made to go wrong in a running lab. */
export const labSwitch = z.discriminatedUnion('what', [
  z.object({what: z.literal('database-killed'), database}),
  z.object({what: z.literal('database-restarted'), database}),
  /**
   * A reader of Aurora becomes its writer: connections end, and `read_only` is what the cluster parameter says, unless
   * it is said here. The data and the state of replication are the same, for the storage is.
   */
  z.object({what: z.literal('aurora-failover'), readOnlyParameter: z.boolean().optional()}),
  z.object({what: z.literal('database-paused'), database}),
  z.object({what: z.literal('database-resumed'), database}),
  z.object({what: z.literal('replication-delayed'), database, seconds: z.number()}),
  z.object({what: z.literal('replication-broken'), database}),
  z.object({what: z.literal('replication-fixed'), database}),
  /** As an administrator sets it by hand. */
  z.object({what: z.literal('read-only'), database, on: z.boolean()}),
  z.object({what: z.literal('connections-dropped'), database, user: z.string()}),
  z.object({
    what: z.literal('aws'),
    /** `*`: all of them. */
    service: z.string(),
    operation: z.string().optional(),
    kind: z.enum([
      'throttle',
      'prior-request',
      'server-error',
      'deny',
      'refuse',
      'empty-page',
      'cut-before',
      'cut-after',
      'silence',
      'delay',
    ]),
    times: z.number().optional(),
    code: z.string().optional(),
    status: z.number().optional(),
    delayMs: z.number().optional(),
  }),
  /** How far the clock of AWS is ahead of this machine's. */
  z.object({what: z.literal('aws-clock'), aheadMs: z.number()}),
  /** Every session of an assumed role ends now. */
  z.object({what: z.literal('aws-sessions-ended')}),
  z.object({
    what: z.literal('ssh'),
    host: z.string(),
    fault: z.enum(['none', 'refuse', 'hang', 'changed-host-key']),
  }),
  z.object({what: z.literal('image-crashes'), image: z.string(), exitCode: z.number()}),
  z.object({what: z.literal('image-missing'), image: z.string()}),
  z.object({what: z.literal('image-unreachable'), image: z.string()}),
  /**
   * What RDS says of the cluster or of its writer: each state to one read, and the last one from then on, such as
   * `rebooting`, `available`.
   */
  z.object({
    what: z.literal('rds-status'),
    part: z.enum(['cluster', 'writer']),
    states: z.array(z.string()).min(1),
  }),
  /** ECS shows the state before the next updates to so many reads. */
  z.object({what: z.literal('ecs-stale-reads'), count: z.number().int().min(0)}),
  z.object({what: z.literal('no-room'), reason: z.enum(['CPU', 'MEMORY'])}),
  z.object({what: z.literal('resolver-silent'), silent: z.boolean()}),
  z.object({what: z.literal('resolver-stale'), stale: z.boolean()}),
  z.object({what: z.literal('site-fails'), every: z.number().int().positive().nullable()}),
  z.object({what: z.literal('aws-well')}),
  z.object({what: z.literal('ecs-well')}),
  z.object({what: z.literal('aws-and-ecs-well')}),
]);
export type LabSwitch = z.output<typeof labSwitch>;

/** Turns one switch of the lab. */
export async function turn(world: World, change: LabSwitch): Promise<void> {
  const {databases, ecs, rds, aws, resolver, loadBalancer} = world;
  switch (change.what) {
    case 'database-killed':
      return databases[change.database].kill();
    case 'database-restarted':
      return change.database === 'aurora'
        ? restartAurora(world)
        : databases[change.database].restart();
    case 'aurora-failover':
      rds.failOver('shop-aurora');
      return restartAurora(world, change.readOnlyParameter);
    case 'database-paused':
      return databases[change.database].pause();
    case 'database-resumed':
      return databases[change.database].resume();
    case 'replication-delayed':
      return delayReplication(databases[change.database], change.seconds);
    case 'replication-broken':
      return breakReplication(databases[change.database]);
    case 'replication-fixed':
      return fixReplication(databases[change.database]);
    case 'read-only':
      await databases[change.database].query('SET GLOBAL read_only = ?', [change.on ? 1 : 0]);
      return;
    case 'connections-dropped':
      return dropConnections(databases[change.database], change.user);
    case 'aws': {
      const {what: _what, operation, times, code, status, delayMs, ...fault} = change;
      return aws.faults.add({
        ...fault,
        ...(operation === undefined ? {} : {operation}),
        ...(times === undefined ? {} : {times}),
        ...(code === undefined ? {} : {code}),
        ...(status === undefined ? {} : {status}),
        ...(delayMs === undefined ? {} : {delayMs}),
      });
    }
    case 'aws-clock':
      aws.clock.aheadMs = change.aheadMs;
      return;
    case 'aws-sessions-ended':
      return aws.endSessions();
    case 'ssh': {
      const host = world.hosts.find(({name}) => name === change.host);
      if (!host) {
        throw new Error(`the lab has no host ${change.host}`);
      }
      return host.sshFault(change.fault);
    }
    case 'image-crashes':
      return ecs.faults.crash(change.image, change.exitCode);
    case 'image-missing':
      return ecs.faults.missingImage(change.image);
    case 'image-unreachable':
      return ecs.faults.unreachable(change.image);
    case 'rds-status':
      return rds.passThrough('shop-aurora', change.part, change.states);
    case 'ecs-stale-reads':
      return ecs.faults.staleReads(change.count);
    case 'no-room':
      return ecs.faults.noCapacity(change.reason);
    case 'resolver-silent':
      resolver.faults.silent = change.silent;
      return;
    case 'resolver-stale':
      resolver.faults.serveStale = change.stale ? 'always' : 'never';
      return;
    case 'site-fails':
      loadBalancer.failEvery(change.every ?? undefined);
      return;
    case 'aws-well':
      return aws.faults.clear();
    case 'ecs-well':
      return ecs.faults.clear();
    case 'aws-and-ecs-well':
      aws.faults.clear();
      aws.clock.aheadMs = 0;
      ecs.faults.clear();
  }
}

/** An instance starts with what its cluster parameter group says, whatever was set while it ran. */
const restartAurora = (
  {databases, rds}: World,
  refusesWrites = rds.parameter('shop-aurora', 'read_only') === '1',
): Promise<void> => databases.aurora.restart(refusesWrites ? ['--read-only=ON'] : []);
