import {z} from 'zod';
import {defineOneWayStep, done, pending} from '../../src/index.ts';
import {sourceAddress} from './replication/replication.ts';
import {mysqlServer} from './target.ts';

/** Ends reverse replication: the replica stops, and keeps no replication settings. */
export const stopReplication = defineOneWayStep({
  name: 'mysql.stop-replication',
  summary: 'Stop replication on the replica, and reset its replication settings.',
  targets: {replica: mysqlServer},
  input: z.object({}),
  output: z.object({}),
  needs: {replica: ['SUPER', 'REPLICATION CLIENT']},
  oneWayBecause:
    'Later writes on the source do not reach the replica, so a reversal would lose them.',
  effects: [{fact: 'replication', to: 'replica', is: 'stopped'}],
  claims: ['replica'],
  timeoutMs: 60_000,

  async check({targets: {replica}, signal}) {
    const replication = await replica.replication(signal);
    return replication
      ? pending(undefined, {
          what: `${replica.name} replication source`,
          is: sourceAddress(replication),
          shouldBe: 'none',
        })
      : done({});
  },

  async plan({targets: {replica}, signal}) {
    const replication = await replica.replication(signal);
    return replication
      ? [
          {
            on: 'replica',
            does: `stop and reset replication from ${sourceAddress(replication)}`,
            perform: (writer, stopping) => writer.resetReplication(stopping),
          },
        ]
      : [];
  },
});
