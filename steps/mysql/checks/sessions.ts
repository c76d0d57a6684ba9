import {listed} from '../../../src/index.ts';
import {clientText} from '../freeze/clients.ts';
import {findingIf, type MysqlCheck} from './check.ts';
import {columnValue} from './facts.ts';
import {plural} from './tables.ts';

/** The clients and transactions of the server. */
export const sessionChecks: readonly MysqlCheck[] = [
  {
    name: 'prepared-transactions',
    severity: 'blocks',
    of: 'source',
    expects: 'No XA transaction is prepared.',
    consequence: 'It can still be committed while read_only is set.',
    fix: 'XA RECOVER lists them: XA COMMIT or XA ROLLBACK each one.',
    find: async (server) => {
      const count = await server.server.preparedTransactions(server.signal);
      return findingIf(
        count > 0,
        `${server.name} has ${count} prepared XA ${plural(count, 'transaction')}`,
      );
    },
  },
  {
    name: 'xa-transactions-in-use',
    severity: 'warns',
    of: 'source',
    expects: 'No client uses XA transactions.',
    consequence: 'A transaction that is prepared at the moment of the freeze delays the cutover.',
    fix: 'Search events_statements_summary_by_digest of performance_schema for XA, and stop that application before the freeze.',
    find: async (server) => {
      const [row] = await server.rows("SHOW GLOBAL STATUS LIKE 'Com_xa_prepare'");
      const count = Number(row?.['Value'] ?? 0);
      return findingIf(
        count > 0,
        `${server.name} has prepared ${count} XA ${plural(count, 'transaction')} since it started`,
      );
    },
  },
  {
    name: 'long-transactions',
    severity: 'warns',
    of: 'source',
    expects: 'No transaction with changes is open for more than 5 s.',
    consequence: 'The freeze waits for it, or rolls it back.',
    fix: 'Identify the job with SHOW PROCESSLIST, and do not run it during the cutover.',
    find: async (server) =>
      listed(
        (count) =>
          `${count} ${plural(count, 'transaction')} on ${server.name} ${plural(count, 'has', 'have')} been open for more than ${longSeconds} s`,
        (await server.server.openTransactions(server.signal))
          .filter(({seconds}) => seconds > longSeconds)
          .map((transaction) => `${clientText(transaction)} (${transaction.seconds} s)`),
      ),
  },
  {
    name: 'clients',
    severity: 'warns',
    of: 'source',
    expects: 'Every client that is connected is known.',
    consequence: 'A client that was not moved to Aurora is cut off at the cutover.',
    fix: 'Check again on several days, also at night: each client moves to Aurora or is stopped.',
    find: async (server) =>
      listed(
        (count) => `${server.name} has ${count} ${plural(count, 'client')}`,
        countedByAccountAndHost(
          (await server.clients()).filter(({user}) => user !== server.server.user),
        ),
      ),
  },
  {
    name: 'past-clients',
    severity: 'warns',
    of: 'source',
    expects:
      'Every client that connected since the server started is known (needs performance_schema = ON).',
    consequence:
      'A nightly job is not connected during the day: if it was missed, it is cut off at the cutover.',
    fix: 'Identify each client by its account and host: it moves to Aurora or is stopped.',
    find: async (server) =>
      listed(
        (count) =>
          `${server.name} had ${count} ${plural(count, 'client')} that ${plural(count, 'is', 'are')} not connected now`,
        (await server.rows(pastClientsSql))
          .filter((row) => columnValue(row, 'user') !== server.server.user)
          .map(
            (row) =>
              `${columnValue(row, 'user')}@${columnValue(row, 'host')} (${columnValue(row, 'times')})`,
          ),
      ),
  },
];

// Threads of the server itself and refused logins have no user here.
const pastClientsSql = `
  SELECT user AS user, host AS host, total_connections AS times FROM performance_schema.accounts
   WHERE user IS NOT NULL AND host IS NOT NULL AND current_connections = 0 ORDER BY user, host`;

const longSeconds = 5;

/** "shop@10.0.0.11 (5)": sessions by account and host, without their ports. */
function countedByAccountAndHost(
  clients: readonly {readonly user: string; readonly host: string}[],
): readonly string[] {
  const counts = new Map<string, number>();
  for (const {user, host} of clients) {
    const client = `${user}@${host.replace(/:\d+$/, '')}`;
    counts.set(client, (counts.get(client) ?? 0) + 1);
  }
  return [...counts].sort().map(([client, count]) => `${client} (${count})`);
}
