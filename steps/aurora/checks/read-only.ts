import {listed} from '../../../src/index.ts';
import {
  accountsPastReadOnly,
  accountText,
  type Facts,
  missingForTestRows,
  plural,
  proceduresPastReadOnly,
  rdsAccounts,
} from '../../mysql/index.ts';
import type {AuroraCheck} from './check.ts';

/** Whom `read_only` binds on Aurora: the application above all, and not switcharoo. */
export const readOnlyChecks: readonly AuroraCheck[] = [
  {
    name: 'test-row-refused',
    severity: 'blocks',
    looksAt: 'server',
    expects:
      "switcharoo's account can write its test rows on Aurora, also while it is read_only, and can read its binary log.",
    consequence:
      'The test row that proves reverse replication is refused after the freeze (errno 1290, 1142), and the cutover stops there.',
    fix: 'As the master user of Aurora, GRANT these privileges to the account; a role that has them must be set at login: SET DEFAULT ROLE ALL TO the account. rds_superuser_role has CONNECTION_ADMIN.',
    find: async ({aurora}) =>
      listed(
        (count) =>
          `the account ${aurora.server.user} lacks ${count} ${plural(count, 'privilege')} for test rows on ${aurora.name}`,
        await missingForTestRows(aurora.server, aurora.signal),
      ),
  },
  {
    name: 'application-not-bound-on-aurora',
    severity: 'blocks',
    looksAt: 'both',
    expects: "read_only binds the application's accounts on Aurora.",
    consequence:
      'The application can write on Aurora before the cutover, and during a reversal: those writes are lost or stop replication.',
    fix: 'On Aurora, REVOKE CONNECTION_ADMIN (SUPER before 8.0; READ_ONLY ADMIN in MariaDB) and rds_superuser_role from the account, and end its sessions there.',
    find: async ({aurora, source}) => {
      const busy = await sessionsByUser(source);
      const unbound = await othersPastReadOnly(aurora);
      return listed(
        (count) =>
          `read_only of ${aurora.name} does not bind ${count} ${plural(count, 'account')} of the application`,
        unbound
          .filter(({user}) => busy.has(user) && user !== source.server.user)
          .map((account) => {
            const count = busy.get(account.user) ?? 0;
            return `${accountText(account)} (${count} ${plural(count, 'session')} on ${source.name})`;
          }),
      );
    },
  },
  {
    name: 'read-only-bypass-on-aurora',
    severity: 'asks',
    looksAt: 'server',
    expects: 'No account of Aurora except the administrator can write while read_only is set.',
    consequence: 'Will none of these accounts write on Aurora before writes are opened?',
    fix: 'REVOKE CONNECTION_ADMIN (SUPER before 8.0; READ_ONLY ADMIN in MariaDB) and rds_superuser_role where they are not needed, and stop the jobs of these accounts.',
    find: async ({aurora}) =>
      listed(
        (count) =>
          `${aurora.name} has ${count} ${plural(count, 'account')} that ${plural(count, 'bypasses', 'bypass')} read_only`,
        (await othersPastReadOnly(aurora)).map(accountText),
      ),
  },
  {
    name: 'procedures-bypass-read-only-on-aurora',
    severity: 'asks',
    looksAt: 'both',
    expects:
      'No procedure runs on Aurora as an account that read_only does not bind (SQL SECURITY DEFINER).',
    consequence:
      'Will nobody call these procedures on Aurora before writes are opened? read_only refuses nothing that they write.',
    fix: 'ALTER PROCEDURE … SQL SECURITY INVOKER, or create it again with a definer that read_only binds on Aurora.',
    find: async ({aurora, source}) => {
      // Before the seed, the source has those that Aurora will have.
      const procedures = await proceduresPastReadOnly([aurora, source], aurora);
      return listed(
        (count) =>
          `${aurora.name} has, or gets from ${source.name}, ${count} ${plural(count, 'procedure')} that ${plural(count, 'bypasses', 'bypass')} read_only`,
        [...new Set(procedures)].sort(),
      );
    },
  },
];

const othersPastReadOnly = async ({server, signal}: Facts) =>
  (await accountsPastReadOnly(server, signal)).filter(
    ({user}) => user !== server.user && !rdsAccounts.includes(user),
  );

/** Who is connected to the source now: how many sessions each user has there. */
async function sessionsByUser(source: Facts): Promise<ReadonlyMap<string, number>> {
  const sessions = new Map<string, number>();
  for (const {user} of await source.clients()) {
    sessions.set(user, (sessions.get(user) ?? 0) + 1);
  }
  return sessions;
}
