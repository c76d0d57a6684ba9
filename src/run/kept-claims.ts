import {SwitcharooError} from '../model/problem.ts';
import type {Claims} from './claims.ts';
import type {RunSession} from './run-session.ts';

/**
 * Keeps the claims of a run for longer than its process, and journals them. When there is a journal: a claim without
 * one would name a run that nobody can continue.
 */
export async function keepClaims({context: {record}}: RunSession, claims: Claims): Promise<void> {
  const {runbook, inventory} = record.progress.run;
  const sinceUtc = record.progress.startedAt.toISOString();
  try {
    const kept = await claims.keep({runbook: runbook.name, inventory: inventory.name, sinceUtc});
    if (Object.values(kept).some((targets) => targets.length > 0)) {
      record.add({kind: 'systems-claimed', ...kept});
    }
  } catch (error) {
    if (error instanceof SwitcharooError) {
      record.add({kind: 'run-paused', problem: error.problem});
    }
    throw error;
  }
}
