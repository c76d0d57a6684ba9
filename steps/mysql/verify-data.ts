import {z} from 'zod';
import {defineGate} from '../../src/index.ts';
import {Comparison} from './compare/comparison.ts';
import {verificationInput, verificationOutput, verify} from './compare/verification.ts';
import {mysqlServer} from './target.ts';

/**
 * The target has the source's data: every row, every value. It reads, and writes nothing on either side. Rows that are
 * being changed while it reads are compared again once replication has passed them.
 */
export const verifyData = defineGate({
  name: 'mysql.verify-data',
  summary: 'Check that the target has all data of the source, row by row.',
  targets: {source: mysqlServer, target: mysqlServer},
  input: z.object(verificationInput),
  output: z.object(verificationOutput),
  needs: {
    source: ['SELECT ON *.*', 'REPLICATION CLIENT'],
    target: ['SELECT ON *.*', 'REPLICATION CLIENT'],
  },
  effects: [{fact: 'compared', from: 'source', to: 'target'}],
  expensive: true,
  timeoutMs: 24 * 3_600_000,
  neverSkip: 'Only this gate proves that both servers have the same data.',
  poll: {firstMs: 10, mostMs: 10},

  check: ({targets, input, run, now, stillReading, signal}) =>
    verify({servers: targets, schemas: input.schemas, run, now, signal}, (replicates) =>
      Comparison.begin(
        targets,
        {...input, selection: input, replicates, stillReading},
        signal,
        run.bookmark,
      ),
    ),
});
