import {listed} from '../../../src/index.ts';
import {clientText} from '../freeze/clients.ts';
import {findingIf, type MysqlCheck} from './check.ts';
import {columnValue} from './facts.ts';
import {plural} from './tables.ts';

/** Who works on the server at this moment. */
export const sessionChecks: readonly MysqlCheck[] = [
  {
    name: 'prepared-transactions',
    severity: 'blocks',
    of: 'source',
    expects: 'No XA transaction is prepared.',
    consequence: 'It can still be committed although read_only is set.',
    fix: 'Decide about each with XA COMMIT or XA ROLLBACK (XA RECOVER lists them).',
    find: async (server) => {
      const count = await server.server.preparedTransactions(server.signal);
      return findingIf(
        count > 0,
        `${server.name} holds ${count} prepared XA ${plural(count, 'transaction')}`,
      );
    },
  },
  {
    name: 'xa-transactions-in-use',
    severity: 'warns',
    of: 'source',
    expects: 'Nobody uses XA transactions.',
    consequence: 'One that is prepared in the moment of the freeze holds up the cutover.',
    fix: 'Find out which application begins them, and stop it before the freeze.',
    find: async (server) => {
      const [row] = await server.rows("SHOW GLOBAL STATUS LIKE 'Com_xa_prepare'");
      const count = Number(row?.['Value'] ?? 0);
      return findingIf(
        count > 0,
        `${server.name} has prepared ${count} XA ${plural(count, 'transaction')} since it was started`,
      );
    },
  },
  {
    name: 'long-transactions',
    severity: 'warns',
    of: 'source',
    expects: 'No transaction with changes is open for more than 5 s.',
    consequence: 'The freeze would roll it back, or wait for it.',
    fix: 'Find out whose it is, and keep such jobs away from the cutover.',
    find: async (server) =>
      listed(
        (count) =>
          `${count} ${plural(count, 'transaction')} on ${server.name} ${plural(count, 'is', 'are')} open for long`,
        (await server.server.openTransactions(server.signal))
          .filter(({seconds}) => seconds > longSeconds)
          .map((one) => `${clientText(one)} (${one.seconds} s)`),
      ),
  },
  {
    name: 'clients',
    severity: 'warns',
    of: 'source',
    expects: 'Everybody who is connected is known.',
    consequence: 'Whoever is not moved loses the database at the cutover.',
    fix: 'Look again over some days, also at night: each of these moves to Aurora or stops.',
    find: async (server) =>
      listed(
        (count) => `${server.name} has clients from ${count} ${plural(count, 'place')}`,
        countedByPlace(
          (await server.server.clients(server.signal)).filter(
            ({user}) => user !== server.server.user,
          ),
        ),
      ),
  },
  {
    name: 'past-clients',
    severity: 'warns',
    of: 'source',
    expects:
      'Everybody who was connected since the server was started is known (seen with performance_schema = ON).',
    consequence:
      'A job that comes once a night is not there when one looks, and loses the database.',
    fix: 'Find out what each of them is: it moves to Aurora or stops.',
    find: async (server) =>
      listed(
        (count) =>
          `${server.name} had clients from ${count} ${plural(count, 'place')} that are not connected now`,
        (await server.rows(clientsBeforeSql))
          .filter((row) => columnValue(row, 'user') !== server.server.user)
          .map(
            (row) =>
              `${columnValue(row, 'user')} from ${columnValue(row, 'host')} (${columnValue(row, 'times')})`,
          ),
      ),
  },
];

// Neither threads of the server itself nor logins that were refused have a user here.
const clientsBeforeSql = `
  SELECT user AS user, host AS host, total_connections AS times FROM performance_schema.accounts
   WHERE user IS NOT NULL AND host IS NOT NULL AND current_connections = 0 ORDER BY user, host`;

const longSeconds = 5;

/** "shop from 10.0.0.11 (5)": sessions by account and host, without their ports. */
function countedByPlace(
  clients: readonly {readonly user: string; readonly host: string}[],
): readonly string[] {
  const places = new Map<string, number>();
  for (const {user, host} of clients) {
    const place = `${user} from ${host.replace(/:\d+$/, '')}`;
    places.set(place, (places.get(place) ?? 0) + 1);
  }
  return [...places].sort().map(([place, count]) => `${place} (${count})`);
}
