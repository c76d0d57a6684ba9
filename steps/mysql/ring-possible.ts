import {z} from 'zod';
import {defineGate, verdictOn} from '../../src/index.ts';
import {judgedByCatalogue} from './checks/facts.ts';
import {ringFindings} from './ring/checks.ts';
import {mysqlServer} from './target.ts';

/** Checks, days before the cutover, whether these three servers can replicate in a ring; if not, why. */
export const ringPossible = defineGate({
  name: 'mysql.ring-possible',
  summary: 'Check that source, replica and Aurora can replicate in a ring (experimental).',
  targets: {source: mysqlServer, replica: mysqlServer, aurora: mysqlServer},
  input: z.object({}),
  output: z.object({}),
  needs: {
    source: ['REPLICATION CLIENT'],
    replica: ['REPLICATION CLIENT'],
    aurora: ['REPLICATION CLIENT'],
  },
  timeoutMs: 600_000,
  neverSkip: 'Only this gate finds what would stop the ring or lose data in it.',

  check({targets, shared, stillReading, signal}) {
    const {source, replica, aurora} = targets;
    return judgedByCatalogue({shared, stillReading}, async (look) =>
      verdictOn(
        await ringFindings(targets, signal, look),
        {},
        `A ring of ${source.name}, ${replica.name} and ${aurora.name} is not possible (a runbook with mysql.replicate-back needs none)`,
      ),
    );
  },
});
