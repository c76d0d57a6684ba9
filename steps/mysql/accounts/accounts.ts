import {createHash} from 'node:crypto';
import type {Account, ServerAccount} from '../contract.ts';
import type {Traits} from '../dialect/dialect.ts';
import type {Row} from '../session/contract.ts';
import {everyAccount, type Holders, holderOf} from './roles.ts';

export const accountText = ({user, host}: Account): string => `${user}@${host}`;

/** Whether both are the same account, even if it is locked by another host. */
export const isSameAccount = (candidate: Account, account: Account): boolean =>
  candidate.user === account.user &&
  [account.host, parkedHost(account.host)].includes(candidate.host);

/** Lists every account, and whether it is locked. */
export function accountsSql({brand, locksAccounts}: Traits): string {
  if (!locksAccounts) {
    return "SELECT user AS user, host AS host, 0 AS locked FROM mysql.user WHERE user <> ''";
  }
  return brand === 'mariadb'
    ? `SELECT user AS user, host AS host, COALESCE(JSON_VALUE(priv, '$.account_locked'), 0) AS locked
         FROM mysql.global_priv WHERE user <> '' AND COALESCE(JSON_VALUE(priv, '$.is_role'), 0) = 0`
    : "SELECT user AS user, host AS host, account_locked = 'Y' AS locked FROM mysql.user WHERE user <> ''";
}

export const accountsOf = (rows: readonly Row[], unbound: Holders): readonly ServerAccount[] =>
  rows
    .map((row) => ({
      user: String(row['user']),
      host: String(row['host']),
      locked: Number(row['locked']) === 1 || isParked(String(row['host'])),
      bound: !unbound.has(holderOf(row['user'], row['host'])) && !unbound.has(everyAccount),
    }))
    .filter((account) => !isServersOwn(account))
    .sort((first, second) => (accountText(first) < accountText(second) ? -1 : 1));

const isServersOwn = ({user}: Account): boolean =>
  user.startsWith('mysql.') || user === 'mariadb.sys';

/** root on the machine itself is the emergency login of a server: it is never locked. */
export const isLocalRoot = ({user, host}: Account): boolean =>
  user === 'root' && ['localhost', '127.0.0.1', '::1'].includes(host);

/**
 * Without ACCOUNT LOCK (MySQL before 5.7.6, MariaDB before 10.4) an account is locked by renaming its host to an
 * address
 * that no client can have (240.0.0.0/4 is reserved, RFC 1112): the account keeps its password and privileges. A host
 * name
 * would be ignored after a restart with skip_name_resolve, and RENAME USER would then have no effect.
 */
export function parkedHost(host: string): string {
  const [second, third, fourth] = createHash('sha256').update(host).digest();
  return `240.${second}.${third}.${fourth}`;
}

const isParked = (host: string): boolean => /^240\.\d+\.\d+\.\d+$/.test(host);
