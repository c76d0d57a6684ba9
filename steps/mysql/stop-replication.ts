import {z} from 'zod';
import {defineOneWayStep, done, pending} from '../../src/index.ts';
import {sourceAddress} from './replication/replication.ts';
import {mysqlServer} from './target.ts';

/** Takes the way back down: the follower stops replicating and forgets whom it followed. */
export const stopReplication = defineOneWayStep({
  name: 'mysql.stop-replication',
  summary: 'Stop replication on the follower, and forget whom it followed.',
  targets: {follower: mysqlServer},
  input: z.object({}),
  output: z.object({}),
  needs: {follower: ['SUPER', 'REPLICATION CLIENT']},
  oneWayBecause:
    'Writes that the leader takes from then on never reach the follower, so going back there would lose them.',
  timeoutMs: 60_000,

  async check({targets: {follower}, signal}) {
    const replication = await follower.replication(signal);
    return replication
      ? pending(undefined, {
          what: follower.name,
          is: `follows ${sourceAddress(replication)}`,
          shouldBe: 'follows nobody',
        })
      : done({});
  },

  async plan({targets: {follower}, signal}) {
    const replication = await follower.replication(signal);
    return replication
      ? [
          {
            on: 'follower',
            does: `stop following ${sourceAddress(replication)}, and forget it`,
            perform: (writer, stopping) => writer.resetReplication(stopping),
          },
        ]
      : [];
  },
});
