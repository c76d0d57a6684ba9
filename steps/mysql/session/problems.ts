import type {Problem} from '../../../src/index.ts';
import type {Endpoint} from './contract.ts';

export const unreachable = ({name, address}: Endpoint, reason: string): Problem => ({
  code: 'mysql-server-unreachable',
  message: `${name} at ${address} cannot be reached: ${reason}.`,
  hint: `Check that the server runs and that no firewall blocks it: mysql --host --port with the values of the inventory.`,
});

export const unknownHost = ({name, address}: Endpoint): Problem => ({
  code: 'mysql-unknown-host',
  message: `The host of ${name}, ${address}, has no address in DNS.`,
  hint: `Correct host in the inventory's entry ${name}, or the resolver of this machine.`,
});

export const accessDenied = ({name, address}: Endpoint, user: string): Problem => ({
  code: 'mysql-access-denied',
  message: `${name} at ${address} refuses the login of the account ${user}.`,
  hint: `Check the account's host part and the password that the inventory's entry ${name} refers to.`,
});

export const tooManyConnections = ({name, address}: Endpoint): Problem => ({
  code: 'mysql-too-many-connections',
  message: `${name} at ${address} has no connection left.`,
  hint: 'Raise max_connections, or end sessions that are not needed, then resume.',
});

export const statementTimeout = (
  {name, address}: Endpoint,
  limitMs: number,
  sql: string,
): Problem => ({
  code: 'mysql-statement-timeout',
  message: `${name} at ${address} has not answered "${brief(sql)}" within ${limitMs} ms.`,
  hint: 'Check with SHOW PROCESSLIST what the server is waiting for, then resume.',
});

export const answerLost = ({name, address}: Endpoint, sql: string): Problem => ({
  code: 'mysql-answer-lost',
  message: `The connection to ${name} at ${address} ended before the answer to "${brief(sql)}" arrived; the statement may have taken effect.`,
  hint: 'Resume: the next check shows whether it did.',
});

export const connectionLost = ({name, address}: Endpoint): Problem => ({
  code: 'mysql-connection-lost',
  message: `${name} at ${address} ended the connection twice in a row.`,
  hint: 'Check in the error log whether the server restarts or its sessions are killed, then resume.',
});

export const privilegeMissing = ({name}: Endpoint, sql: string, reason: string): Problem => ({
  code: 'mysql-privilege-missing',
  message: `${name} does not allow "${brief(sql)}": ${reason}.`,
  hint: {text: 'Grant the account what the step needs. List it with', command: 'steps NAME'},
});

export const statementRefused = ({name}: Endpoint, sql: string, reason: string): Problem => ({
  code: 'mysql-statement-refused',
  message: `${name} refuses "${brief(sql)}": ${reason}.`,
  hint: 'Read SHOW SLAVE STATUS (SHOW REPLICA STATUS) and the error log of the server, then resume.',
});

export const readOnlyBinds = ({name}: Endpoint, sql: string): Problem => ({
  code: 'mysql-read-only-binds',
  message: `${name} refuses "${brief(sql)}" (errno 1290): it is read_only, and switcharoo's account may not write meanwhile.`,
  hint: `GRANT CONNECTION_ADMIN ON *.* to the account on ${name} (SUPER before MySQL 8.0, READ_ONLY ADMIN in MariaDB), or SET DEFAULT ROLE to a role that has it, such as rds_superuser_role on Aurora. Then resume.`,
});

/** One short line. It never has values: they are sent as placeholders. */
function brief(sql: string): string {
  const line = sql.replace(/\s+/g, ' ').trim();
  return line.length > 60 ? `${line.slice(0, 60)}…` : line;
}
