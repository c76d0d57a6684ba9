import {test as anyTest} from 'vitest';
import {postgresPrograms} from '../../src/fleet/postgres-programs.ts';
import {problemsIn} from '../../src/model/problem.ts';

function whyNoPostgres(): string | undefined {
  try {
    postgresPrograms();
    return undefined;
  } catch (error) {
    const [problem] = problemsIn(error);
    console.warn(`SKIPPED: the tests of fleets: ${problem?.message}`);
    return problem?.message;
  }
}

/** A test that needs a PostgreSQL of this machine; without one it says so, and is skipped. */
export const test = anyTest.skipIf(whyNoPostgres() !== undefined);
