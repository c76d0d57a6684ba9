import {
  accountNameOf,
  accountsSql,
  columnValue,
  type Facts,
  findingIf,
  gtidModeFindings,
  packetSizeFindings,
  rolesOf,
} from '../../mysql/index.ts';
import type {AuroraCheck, Sides} from './check.ts';

const inTheGroup = 'in the cluster parameter group';

/** Replication to Aurora, and reverse replication from it. */
export const replicationChecks: readonly AuroraCheck[] = [
  {
    name: 'packet-too-large-for-aurora',
    severity: 'blocks',
    looksAt: 'both',
    expects: 'Aurora accepts every replicated row.',
    consequence: 'Replication stops at the first row that is larger (errno 1153, 1236).',
    fix: `Raise replica_max_allowed_packet (slave_max_allowed_packet) ${inTheGroup}.`,
    find: ({aurora, replica}) => packetSizeFindings(aurora, replica),
  },
  {
    name: 'gtid-modes-differ',
    severity: 'blocks',
    looksAt: 'both',
    expects: 'Aurora and the server that it replicates from have compatible GTID modes.',
    consequence: 'With ON on one side and OFF on the other the IO thread stops (errno 1593).',
    fix: `Set gtid-mode = ON_PERMISSIVE ${inTheGroup}, and reboot.`,
    find: ({aurora, replica}) => gtidModeFindings(aurora, replica),
  },
  {
    name: 'gtid-consistency-differs',
    severity: 'warns',
    looksAt: 'both',
    expects: 'Aurora refuses no statement because of GTIDs that the source accepts.',
    consequence:
      'CREATE TABLE … SELECT before MySQL 8.0.21, and temporary tables within transactions, fail on Aurora (errno 1785 to 1787).',
    fix: 'Set enforce_gtid_consistency = WARN on the source (from 5.7 on) and read its error log for some days.',
    find: async ({aurora, source}) => {
      const [{enforce_gtid_consistency: onAurora}, {enforce_gtid_consistency: onSource = 'OFF'}] =
        await Promise.all([aurora.settings(), source.settings()]);
      return findingIf(
        onAurora === 'ON' && onSource !== 'ON',
        `${aurora.name} has enforce_gtid_consistency = ON, and ${source.name} has ${onSource}`,
      );
    },
  },
  replicationAccount('aurora-replication-account-missing', {
    expects:
      'The replication account of Aurora exists on the server that it replicates from, with REPLICATION SLAVE.',
    pair: ({aurora, replica}) => ({from: replica, to: aurora}),
  }),
  replicationAccount('source-replication-account-missing', {
    expects: 'The replication account of the old source exists on Aurora, with REPLICATION SLAVE.',
    pair: ({aurora, source}) => ({from: aurora, to: source}),
  }),
  {
    name: 'login-plugin-unsupported-by-source',
    severity: 'blocks',
    looksAt: 'both',
    expects: 'The old source supports the login plugin of its account on Aurora.',
    consequence: 'Reverse replication does not connect (IO errno 2059).',
    fix: 'On Aurora: ALTER USER … IDENTIFIED WITH mysql_native_password BY ….',
    find: async ({aurora, source}) => {
      const user = source.server.replicationUser;
      const [{isMariaDb, series}, accounts] = await Promise.all([
        source.version(),
        aurora.rows(accountsSql),
      ]);
      const unsupported = accounts.filter(
        (row) =>
          columnValue(row, 'user') === user &&
          columnValue(row, 'plugin').startsWith('caching_sha2'),
      );
      return findingIf(
        (isMariaDb || series < 800) && unsupported.length > 0,
        `${unsupported.map(accountNameOf).join(', ')} on ${aurora.name} logs in with caching_sha2_password, which ${source.name} does not support`,
      );
    },
  },
];

function replicationAccount(
  name: string,
  {
    expects,
    pair,
  }: {
    readonly expects: string;
    readonly pair: (sides: Sides) => {readonly from: Facts; readonly to: Facts};
  },
): AuroraCheck {
  return {
    name,
    severity: 'blocks',
    looksAt: 'both',
    expects,
    consequence: 'Replication does not connect (IO errno 1045), or may not read the log.',
    fix: 'Create it with GRANT REPLICATION SLAVE ON *.*, and name it under replication in the inventory.',
    find: async (sides) => {
      const {from, to} = pair(sides);
      const user = to.server.replicationUser;
      if (user === undefined) {
        return [{is: `the inventory names no replication account for ${to.name}`}];
      }
      const [rows, roles] = await Promise.all([from.rows(replicatingSql), rolesOf(from)]);
      const holders = new Set(rows.map((row) => columnValue(row, 'grantee')));
      const isOfUser = (account: string) => account.startsWith(`'${user}'@`);
      const allowed =
        [...holders].some(isOfUser) ||
        [...roles].some(
          ([account, own]) => isOfUser(account) && own.some((role) => holders.has(role)),
        );
      return findingIf(!allowed, `${from.name} has no account ${user} with REPLICATION SLAVE`);
    },
  };
}

const replicatingSql = `
  SELECT grantee AS grantee FROM information_schema.user_privileges WHERE privilege_type = 'REPLICATION SLAVE'`;
