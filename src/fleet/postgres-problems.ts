import {type Problem, SwitcharooError} from '../model/problem.ts';
import {messageOf} from '../model/thrown.ts';
import {chainOf, isUnreached} from './error-chain.ts';

const direct =
  'Name PostgreSQL itself in DATABASE_URL: a fleet needs sessions of its own, for locks that end with their connection.';
const verifying = '?sslmode=verify-full&sslrootcert=FILE';

/** What the errors of PostgreSQL mean to an operator, by their codes (Appendix A of its manual). */
const answers: readonly {
  readonly states: RegExp;
  /** Where the code does not say it. */
  readonly texts?: RegExp;
  readonly problem: (where: string, reason: string) => Problem;
}[] = [
  {
    states: /^28000/,
    texts: /no encryption|SSL off/,
    problem: (where, reason) => ({
      code: 'fleet-postgres-encryption-needed',
      message: `PostgreSQL at ${where} refuses a connection without encryption: ${reason}.`,
      hint: `Add "${verifying}" to DATABASE_URL. FILE has the certificate of the authority that signed the certificate of the server. If PostgreSQL refuses that, too, check pg_hba.conf on the server.`,
    }),
  },
  {
    // Of Node's TLS.
    states:
      /^(ERR_TLS|ERR_SSL|ERR_OSSL|EPROTO|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_)/,
    problem: (where, reason) => ({
      code: 'fleet-postgres-certificate',
      message: `The certificate of PostgreSQL at ${where} is not accepted: ${reason}.`,
      hint: `Name the file with the certificate of its authority in DATABASE_URL: "${verifying}". The host in DATABASE_URL must be one that the certificate of the server names.`,
    }),
  },
  {
    states: /^$/,
    texts: /does not support SSL/,
    problem: (where) => ({
      code: 'fleet-postgres-no-encryption',
      message: `PostgreSQL at ${where} accepts no encrypted connections.`,
      hint: 'Set ssl = on in postgresql.conf. If its network needs no encryption, remove sslmode from DATABASE_URL.',
    }),
  },
  {
    states: /^08P01/,
    texts: /unsupported startup parameter/,
    problem: (where, reason) => ({
      code: 'fleet-postgres-pooler',
      message: `${where} is a pooler that does not let a client set the limits of its session: ${reason}.`,
      hint: direct,
    }),
  },
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
      message: `PostgreSQL at ${where} accepts no more connections: ${reason}.`,
      hint: 'A runner opens up to 17 connections, and each command one or two. Raise max_connections, or stop some runners.',
    }),
  },
  {
    states: /^53/,
    problem: (where, reason) => ({
      code: 'fleet-postgres-full',
      message: `PostgreSQL at ${where} has no disk space or memory left: ${reason}.`,
      hint: 'Free disk space or memory on the server, then repeat the command. Runs under way continue, and report once there is space.',
    }),
  },
  {
    states: /^25006/,
    problem: (where, reason) => ({
      code: 'fleet-postgres-read-only',
      message: `PostgreSQL at ${where} accepts no writes: ${reason}.`,
      hint: 'Check whether it is a standby, or a former primary server. Make the address in DATABASE_URL lead to the primary server, or end the read-only mode. A runner then continues by itself. Repeat a command.',
    }),
  },
  {
    states: /^(57014|55P03)/,
    problem: (where, reason) => ({
      code: 'fleet-postgres-too-slow',
      message: `PostgreSQL at ${where} canceled a statement of this command: ${reason}.`,
      hint: 'The transaction was rolled back. Repeat the command. If it fails again, find the session that locks the tables of switcharoo_fleet in pg_stat_activity.',
    }),
  },
  {
    states: /^25P0/,
    problem: (where, reason) => ({
      code: 'fleet-postgres-transaction-ended',
      message: `PostgreSQL at ${where} ended a transaction of this command that was idle for too long: ${reason}.`,
      hint: 'The transaction was rolled back. Repeat the command.',
    }),
  },
  {
    states: /^40/,
    problem: (where, reason) => ({
      code: 'fleet-postgres-conflict',
      message: `Another process changed the same rows in PostgreSQL at ${where} at the same moment: ${reason}.`,
      hint: 'The transaction was rolled back. Repeat the command.',
    }),
  },
  {
    states: /^42501/,
    problem: (where, reason) => ({
      code: 'fleet-postgres-right-missing',
      message: `Your role in PostgreSQL at ${where} may not do this: ${reason}.`,
      hint: {
        text: 'Ask the owner of the tables to grant you the role that you need. Print its SQL with',
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
        text: 'Use the same release on all hosts. As the owner of the tables, update them with',
        command: 'fleet init',
      },
    }),
  },
];

export const poolerShares = (where: string): Problem => ({
  code: 'fleet-postgres-pooler',
  message: `${where} is a pooler that gives one session of PostgreSQL to several clients in turn.`,
  hint: direct,
});

export const databaseUrlUnusable = (reason: string): Problem => ({
  code: 'fleet-database-url-unusable',
  message: `DATABASE_URL cannot be used: ${reason}.`,
  hint: 'Write it as postgres://USER:PASSWORD@HOST:5432/DATABASE. Encode special characters of the password, such as %23 for "#" and %40 for "@".',
});

const notReached = (where: string, reason: string): Problem => ({
  code: 'fleet-postgres-not-reached',
  message: `PostgreSQL at ${where} does not answer: ${reason}.`,
  hint: 'Check the network and the server, and DATABASE_URL if it is set. Runs under way continue, and report when PostgreSQL is back. An order may have been written although its answer was lost: check with "fleet status". You can repeat the order.',
});

/** What an error of PostgreSQL, or of the connection to it, means; `undefined` for any other error. */
export function postgresProblem(error: unknown, where: string): Problem | undefined {
  for (const {state, message} of chainOf(error)) {
    const answer = answers.find(
      ({states, texts}) => states.test(state) && (texts?.test(message) ?? true),
    );
    if (answer) {
      return answer.problem(where, message);
    }
  }
  return isUnreached(error) ? notReached(where, messageOf(error)) : undefined;
}

/** The error as a problem for an operator; unchanged if it does not come from PostgreSQL. */
export function inWords(error: unknown, where: string): unknown {
  const problem = error instanceof SwitcharooError ? undefined : postgresProblem(error, where);
  return problem ? new SwitcharooError(problem, {cause: error}) : error;
}
