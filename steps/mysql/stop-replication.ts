import {z} from 'zod';
import {defineOneWayStep, done, pending} from '../../src/index.ts';
import {sourceAddress} from './replication/replication.ts';
import {mysqlServer} from './target.ts';

/** Takes the way back down: the replica stops replicating and forgets whom it followed. */
export const stopReplication = defineOneWayStep({
  name: 'mysql.stop-replication',
  summary: 'Stop replication on the replica, and forget whom it followed.',
  targets: {replica: mysqlServer},
  input: z.object({}),
  output: z.object({}),
  needs: {replica: ['SUPER', 'REPLICATION CLIENT']},
  oneWayBecause:
    'Writes that the source takes from then on never reach the replica, so going back there would lose them.',
  timeoutMs: 60_000,

  async check({targets: {replica}, signal}) {
    const replication = await replica.replication(signal);
    return replication
      ? pending(undefined, {
          what: replica.name,
          is: `follows ${sourceAddress(replication)}`,
          shouldBe: 'follows nobody',
        })
      : done({});
  },

  async plan({targets: {replica}, signal}) {
    const replication = await replica.replication(signal);
    return replication
      ? [
          {
            on: 'replica',
            does: `stop following ${sourceAddress(replication)}, and forget it`,
            perform: (writer, stopping) => writer.resetReplication(stopping),
          },
        ]
      : [];
  },
});
