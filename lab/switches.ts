import {z} from 'zod';
import {
  breakReplication,
  delayReplication,
  dropConnections,
  mendReplication,
} from './mysql/faults.ts';
import type {World} from './world.ts';

const database = z.enum(['source', 'replica', 'aurora']);

/** What can be made to go wrong in a running lab. */
export const labSwitch = z.discriminatedUnion('what', [
  z.object({what: z.literal('database-killed'), database}),
  z.object({what: z.literal('database-restarted'), database}),
  z.object({what: z.literal('database-paused'), database}),
  z.object({what: z.literal('database-resumed'), database}),
  z.object({what: z.literal('replication-delayed'), database, seconds: z.number()}),
  z.object({what: z.literal('replication-broken'), database}),
  z.object({what: z.literal('replication-mended'), database}),
  /** As an administrator sets it by hand. */
  z.object({what: z.literal('read-only'), database, on: z.boolean()}),
  z.object({what: z.literal('connections-dropped'), database, user: z.string()}),
  z.object({
    what: z.literal('aws'),
    service: z.string(),
    operation: z.string().optional(),
    kind: z.enum([
      'throttle',
      'prior-request',
      'server-error',
      'deny',
      'cut-before',
      'cut-after',
      'silence',
      'delay',
    ]),
    times: z.number().optional(),
  }),
  z.object({
    what: z.literal('ssh'),
    host: z.string(),
    fault: z.enum(['none', 'refuse', 'hang', 'changed-host-key']),
  }),
  z.object({what: z.literal('image-crashes'), image: z.string(), exitCode: z.number()}),
  z.object({what: z.literal('image-missing'), image: z.string()}),
  z.object({what: z.literal('image-unreachable'), image: z.string()}),
  z.object({what: z.literal('no-room'), reason: z.enum(['CPU', 'MEMORY'])}),
  z.object({what: z.literal('resolver-silent'), silent: z.boolean()}),
  z.object({what: z.literal('resolver-stale'), stale: z.boolean()}),
  z.object({what: z.literal('site-fails'), every: z.number().int().positive().nullable()}),
  z.object({what: z.literal('aws-and-ecs-well')}),
]);
export type LabSwitch = z.output<typeof labSwitch>;

/** Turns one switch of the lab. */
export async function turn(world: World, wanted: LabSwitch): Promise<void> {
  const {databases, ecs, aws, resolver, loadBalancer} = world;
  switch (wanted.what) {
    case 'database-killed':
      return databases[wanted.database].kill();
    case 'database-restarted':
      return databases[wanted.database].restart();
    case 'database-paused':
      return databases[wanted.database].pause();
    case 'database-resumed':
      return databases[wanted.database].resume();
    case 'replication-delayed':
      return delayReplication(databases[wanted.database], wanted.seconds);
    case 'replication-broken':
      return breakReplication(databases[wanted.database]);
    case 'replication-mended':
      return mendReplication(databases[wanted.database]);
    case 'read-only':
      await databases[wanted.database].query('SET GLOBAL read_only = ?', [wanted.on ? 1 : 0]);
      return;
    case 'connections-dropped':
      return dropConnections(databases[wanted.database], wanted.user);
    case 'aws': {
      const {what: _what, operation, times, ...fault} = wanted;
      return aws.faults.add({
        ...fault,
        ...(operation === undefined ? {} : {operation}),
        ...(times === undefined ? {} : {times}),
      });
    }
    case 'ssh': {
      const host = world.hosts.find(({name}) => name === wanted.host);
      if (!host) {
        throw new Error(`the lab has no host ${wanted.host}`);
      }
      return host.sshFault(wanted.fault);
    }
    case 'image-crashes':
      return ecs.faults.crash(wanted.image, wanted.exitCode);
    case 'image-missing':
      return ecs.faults.missingImage(wanted.image);
    case 'image-unreachable':
      return ecs.faults.unreachable(wanted.image);
    case 'no-room':
      return ecs.faults.noCapacity(wanted.reason);
    case 'resolver-silent':
      resolver.faults.silent = wanted.silent;
      return;
    case 'resolver-stale':
      resolver.faults.serveStale = wanted.stale ? 'always' : 'never';
      return;
    case 'site-fails':
      loadBalancer.failEvery(wanted.every ?? undefined);
      return;
    case 'aws-and-ecs-well':
      aws.faults.clear();
      ecs.faults.clear();
  }
}
