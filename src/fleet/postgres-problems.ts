import {type Problem, SwitcharooError} from '../model/problem.ts';
import {messageOf} from '../model/thrown.ts';
import {chainOf, isUnreached} from './error-chain.ts';

/** What PostgreSQL answers, by its codes (Appendix A of its manual), as an operator reads it. */
const answers: readonly {
  readonly states: RegExp;
  readonly problem: (where: string, reason: string) => Problem;
}[] = [
  {
    states: /^28/,
    problem: (where, reason) => ({
      code: 'fleet-postgres-login-refused',
      message: `PostgreSQL at ${where} refuses the login: ${reason}.`,
      hint: 'Check the user and the password in DATABASE_URL, and pg_hba.conf on the server.',
    }),
  },
  {
    states: /^3D000/,
    problem: (where, reason) => ({
      code: 'fleet-postgres-database-missing',
      message: `PostgreSQL at ${where} does not have this database: ${reason}.`,
      hint: 'Correct the name at the end of DATABASE_URL, or create the database.',
    }),
  },
  {
    states: /^53300/,
    problem: (where, reason) => ({
      code: 'fleet-postgres-connections',
      message: `PostgreSQL at ${where} takes no more connections: ${reason}.`,
      hint: 'A runner has up to 17 connections, and each command one or two. Raise max_connections, or stop some runners.',
    }),
  },
  {
    states: /^53/,
    problem: (where, reason) => ({
      code: 'fleet-postgres-full',
      message: `PostgreSQL at ${where} has no space left: ${reason}.`,
      hint: 'Free disk or memory on the server, then repeat the command. Runs under way continue, and report when it has space.',
    }),
  },
  {
    states: /^25006/,
    problem: (where, reason) => ({
      code: 'fleet-postgres-read-only',
      message: `PostgreSQL at ${where} takes no writes: ${reason}.`,
      hint: 'After a fail-over, name the new primary server in DATABASE_URL. Else end the read-only mode, then repeat the command.',
    }),
  },
  {
    states: /^(57014|55P03)/,
    problem: (where, reason) => ({
      code: 'fleet-postgres-too-slow',
      message: `PostgreSQL at ${where} ended a statement of this command before it was done: ${reason}.`,
      hint: 'Nothing of this order was written. Repeat the command. If it fails again, look in pg_stat_activity for what holds the tables of switcharoo_fleet.',
    }),
  },
  {
    states: /^25P0/,
    problem: (where, reason) => ({
      code: 'fleet-postgres-transaction-ended',
      message: `PostgreSQL at ${where} ended a transaction of this command, which was stopped in it for too long: ${reason}.`,
      hint: 'Nothing of this order was written. Repeat the command.',
    }),
  },
  {
    states: /^40/,
    problem: (where, reason) => ({
      code: 'fleet-postgres-conflict',
      message: `Another process changed the same rows in PostgreSQL at ${where} at the same moment: ${reason}.`,
      hint: 'Nothing of this order was written. Repeat the command.',
    }),
  },
  {
    states: /^42501/,
    problem: (where, reason) => ({
      code: 'fleet-postgres-right-missing',
      message: `Your role in PostgreSQL at ${where} may not do this: ${reason}.`,
      hint: {
        text: 'Ask the owner of the tables for the role that you need. Its SQL is printed by',
        command: 'fleet permissions',
      },
    }),
  },
  {
    states: /^(42P01|42703|42883|3F000)/,
    problem: (where, reason) => ({
      code: 'fleet-tables-unknown',
      message: `The tables in PostgreSQL at ${where} are not those of this release of switcharoo: ${reason}.`,
      hint: {
        text: 'Use the same release on all hosts. As the owner of the tables, bring them up to date',
        command: 'fleet init',
      },
    }),
  },
];

const notReached = (where: string, reason: string): Problem => ({
  code: 'fleet-postgres-not-reached',
  message: `PostgreSQL at ${where} does not answer: ${reason}.`,
  hint: 'Check DATABASE_URL, the network and the server. Runs under way continue, and report when PostgreSQL is back. An order may have been written before the answer was lost: "fleet status" shows it, and it may be repeated.',
});

/** What an error of PostgreSQL, or of the way to it, means; `undefined` where it is neither. */
export function postgresProblem(error: unknown, where: string): Problem | undefined {
  for (const {state, message} of chainOf(error)) {
    const answer = answers.find(({states}) => states.test(state));
    if (answer) {
      return answer.problem(where, message);
    }
  }
  return isUnreached(error) ? notReached(where, messageOf(error)) : undefined;
}

/** The error as an operator reads it; as it is where it is none of PostgreSQL. */
export function inWords(error: unknown, where: string): unknown {
  const problem = error instanceof SwitcharooError ? undefined : postgresProblem(error, where);
  return problem ? new SwitcharooError(problem, {cause: error}) : error;
}
