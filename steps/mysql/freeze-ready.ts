import {z} from 'zod';
import {blocked, defineGate, done} from '../../src/index.ts';
import {freezeObstacles} from './freeze/obstacles.ts';
import {freezeReadiness, readinessOf} from './freeze/readiness.ts';
import {cannotThaw, thawObstacles} from './freeze/thaw.ts';
import {freezeWrites} from './freeze-writes.ts';
import {mysqlServer} from './target.ts';

/**
 * Before visitors wait: whether writes can be frozen, and all that the freeze has to know. A freeze that is given the
 * output within a minute asks nothing before it.
 */
export const freezeReady = defineGate({
  name: 'mysql.freeze-ready',
  summary: 'Check that writes on the source can be frozen.',
  targets: {source: mysqlServer},
  input: freezeWrites.input.pick({keepUsers: true, lockUsers: true, lockWaitSeconds: true}).extend({
    /** The source replicates from Aurora in a ring, and Aurora refuses writes. */
    isInRing: freezeWrites.input.shape.endSessions.default(false),
    /** As given to mysql.freeze-in-ring: whether this server can end the freeze by itself. */
    endsItselfAfterSeconds: z.coerce.number().int().positive().nullable().default(null),
  }),
  output: freezeReadiness,
  needs: freezeWrites.needs,
  relies: [{fact: 'writes', of: 'source', are: 'accepted'}],
  effects: [],
  timeoutMs: 60_000,
  neverSkip: 'Only this gate finds what would delay the freeze before visitors wait.',
  poll: {firstMs: 50, mostMs: 500},

  async check({targets: {source}, input, now, signal}) {
    const {isInRing, keepUsers, lockWaitSeconds, endsItselfAfterSeconds: afterSeconds} = input;
    const reader = isInRing ? {...source, replication: async () => null} : source;
    const [readiness, obstacles, ofThaw] = await Promise.all([
      readinessOf(source, input, now, signal),
      freezeObstacles(reader, keepUsers, signal),
      afterSeconds === null ? [] : thawObstacles(source, {afterSeconds, lockWaitSeconds}, signal),
    ]);
    if (readiness.before.readOnly) {
      return blocked(
        `${source.name} already refuses writes (read_only = ON), and this run did not disable them.`,
        `If read_only was set by mistake, run SET GLOBAL read_only = OFF on ${source.name}.`,
      );
    }
    if (ofThaw.length > 0) {
      return cannotThaw(source.name, ofThaw);
    }
    return obstacles.length > 0
      ? blocked(
          `Writes on ${source.name} cannot be frozen: ${obstacles.join('; ')}.`,
          'Wait until they finish, or end them with KILL and their session id, then try again.',
        )
      : done(readiness);
  },
});
