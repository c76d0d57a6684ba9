import {z} from 'zod';
import {blocked, defineGate, done} from '../../src/index.ts';
import {writeAfterFreeze} from './replication/obstacles.ts';
import {positionSchema, positionText} from './replication/position.ts';
import {mysqlServer} from './target.ts';

/**
 * Nothing was written on the source after the position at which it was frozen. A restart resets `read_only`, and it
 * never binds an account with SUPER: a later write would be missing on the other side.
 */
export const stillFrozen = defineGate({
  name: 'mysql.still-frozen',
  summary: 'Check that the source is still frozen and has no new writes.',
  targets: {source: mysqlServer},
  input: z.object({
    /** Its position when it was frozen. Without it only read_only is checked: a replica's position moves. */
    position: positionSchema.optional(),
  }),
  output: z.object({}),
  needs: {source: ['REPLICATION CLIENT', 'REPLICATION SLAVE']},
  relies: [{fact: 'writes', of: 'source', are: 'refused'}],
  roundTrips: {source: 1},
  timeoutMs: 10_000,
  neverSkip: 'Only this gate proves that nobody wrote to the source after the freeze.',

  async check({targets: {source}, input: {position}, signal}) {
    const [{readOnly}, problem] = await Promise.all([
      source.fence(signal),
      position ? writeAfterFreeze(source, position, signal) : null,
    ]);
    if (!readOnly) {
      return blocked(
        `${source.name} accepts writes again (read_only = OFF)${position ? `, and was frozen at ${positionText(position)}` : ''}.`,
        'The server was restarted, or read_only was reset. Reverse to the checkpoint before the freeze.',
      );
    }
    return problem ? blocked(problem.message, problem.hint) : done({});
  },
});
