import {z} from 'zod';
import {blocked, defineGate, done} from '../../src/index.ts';
import {writesAfterFreeze} from './freeze/problems.ts';
import {changesSince} from './replication/binlog.ts';
import {positionSchema, positionText, samePosition} from './replication/position.ts';
import {mysqlServer} from './target.ts';

/**
 * Nothing was written on the source after the position at which it was frozen. A restart forgets `read_only`, and an
 * account with SUPER was never bound by it: whatever came later would be missing on the other side.
 */
export const stillFrozen = defineGate({
  name: 'mysql.still-frozen',
  summary: 'See that a frozen source still refuses writes and has written nothing since.',
  targets: {source: mysqlServer},
  input: z.object({
    /** Where it stood when it was frozen. Once it follows another server its position moves, and only the fence is looked at. */
    position: positionSchema.optional(),
  }),
  output: z.object({}),
  needs: {source: ['REPLICATION CLIENT', 'REPLICATION SLAVE']},
  timeoutMs: 10_000,

  async check({targets: {source}, input: {position}, signal}) {
    const {readOnly} = await source.fence(signal);
    if (!readOnly) {
      return blocked(
        `${source.name} accepts writes again (read_only = OFF)${position ? `, and was frozen at ${positionText(position)}` : ''}.`,
        'It was restarted, or somebody thawed it. Reverse to the checkpoint before the freeze, and find out.',
      );
    }
    const now = position && (await source.position(signal));
    if (!position || !now || samePosition(now, position)) {
      return done({});
    }
    if ((await changesSince(source, position, signal)).length === 0) {
      return done({});
    }
    const {message, hint} = writesAfterFreeze(
      source.name,
      positionText(position),
      positionText(now),
    );
    return blocked(message, hint);
  },
});
