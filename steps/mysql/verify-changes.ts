import {z} from 'zod';
import {defineGate} from '../../src/index.ts';
import {Changes} from './compare/changes.ts';
import {verificationInput, verificationOutput, verify} from './compare/verification.ts';
import {mysqlServer} from './target.ts';

/**
 * The target has the source's data in every row that was changed since a comparison started: the part that remains
 * after mysql.verify-data, short enough for the freeze. It reads the source's binary log and these rows, and writes
 * nothing.
 */
export const verifyChanges = defineGate({
  name: 'mysql.verify-changes',
  summary: 'Check that the rows changed since the last comparison are equal on both servers.',
  targets: {source: mysqlServer, target: mysqlServer},
  input: z.object({
    ...verificationInput,
    /** The output `since` of the previous comparison of this source. */
    since: verificationOutput.since,
  }),
  output: z.object(verificationOutput),
  needs: {
    source: ['SELECT ON *.*', 'REPLICATION CLIENT', 'REPLICATION SLAVE'],
    target: ['SELECT ON *.*', 'REPLICATION CLIENT'],
  },
  effects: [{fact: 'compared', from: 'source', to: 'target'}],
  expensive: true,
  // A person who is asked right after it takes minutes to answer.
  freshForMs: 3_600_000,
  timeoutMs: 24 * 3_600_000,
  neverSkip: 'Only this gate proves that the rows that changed are the same on both servers.',
  poll: {firstMs: 10, mostMs: 10},

  check: ({targets, input, run, now, stillReading, signal}) =>
    verify({servers: targets, schemas: input.schemas, run, now, signal}, (replicates) =>
      Changes.begin(targets, {...input, selection: input, replicates, stillReading}, signal),
    ),
});
