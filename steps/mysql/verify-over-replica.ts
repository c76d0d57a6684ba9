import {z} from 'zod';
import {defineGate} from '../../src/index.ts';
import {Comparison} from './compare/comparison.ts';
import {verificationInput, verificationOutput, verify} from './compare/verification.ts';
import {mysqlServer} from './target.ts';

/**
 * As mysql.verify-data, where the target replicates from a replica of the source: all rows of the two ends are
 * compared, and a row that is being changed once both hops have passed it.
 */
export const verifyOverReplica = defineGate({
  name: 'mysql.verify-over-replica',
  summary: 'Check that the target has all data of the source, row by row.',
  targets: {source: mysqlServer, replica: mysqlServer, target: mysqlServer},
  input: z.object(verificationInput),
  output: z.object(verificationOutput),
  needs: {
    source: ['SELECT ON *.*', 'REPLICATION CLIENT'],
    replica: ['REPLICATION CLIENT'],
    target: ['SELECT ON *.*', 'REPLICATION CLIENT'],
  },
  effects: [{fact: 'compared', from: 'source', to: 'target'}],
  expensive: true,
  // Days in which the operator prepares the rest. A comparison that is older says little of tonight.
  freshForMs: 7 * 24 * 3_600_000,
  timeoutMs: 24 * 3_600_000,
  neverSkip: 'Only this gate proves that both servers have the same data.',
  poll: {firstMs: 10, mostMs: 10},

  check: ({targets: {source, replica: over, target}, input, run, now, stillReading, signal}) => {
    const servers = {source, target};
    return verify({servers, schemas: input.schemas, over, run, now, signal}, (replicates) =>
      Comparison.begin(
        servers,
        {...input, over, selection: input, replicates, stillReading},
        signal,
        run.bookmark,
      ),
    );
  },
});
