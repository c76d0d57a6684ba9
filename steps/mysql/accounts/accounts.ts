import {createHash} from 'node:crypto';
import type {Account, ServerAccount} from '../contract.ts';
import type {Traits} from '../dialect/dialect.ts';
import type {Row} from '../session/contract.ts';
import {everybody, type Holders, holderOf} from './roles.ts';

export const accountText = ({user, host}: Account): string => `${user}@${host}`;

/** Whether it is that account, also under the host where it is parked. */
export const isSameAccount = (one: Account, account: Account): boolean =>
  one.user === account.user && [account.host, parkedHost(account.host)].includes(one.host);

/** The statement that tells of every account whether it is locked. */
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
      bound: !unbound.has(holderOf(row['user'], row['host'])) && !unbound.has(everybody),
    }))
    .filter((account) => !isServersOwn(account))
    .sort((one, other) => (accountText(one) < accountText(other) ? -1 : 1));

const isServersOwn = ({user}: Account): boolean =>
  user.startsWith('mysql.') || user === 'mariadb.sys';

/** root from the machine itself is every server's emergency entrance: it is never locked. */
export const isLocalRoot = ({user, host}: Account): boolean =>
  user === 'root' && ['localhost', '127.0.0.1', '::1'].includes(host);

/**
 * A server without ACCOUNT LOCK (MySQL before 5.7.6, MariaDB before 10.4) locks by another host, from which nobody can
 * come (240.0.0.0/4 is reserved, RFC 1112): password and privileges stay with the account, and none of them is read
 * here.
 * A name instead of an address would be forgotten at a restart with skip_name_resolve, and a renaming then has no
 * effect.
 */
export function parkedHost(host: string): string {
  const [one, two, three] = createHash('sha256').update(host).digest();
  return `240.${one}.${two}.${three}`;
}

const isParked = (host: string): boolean => /^240\.\d+\.\d+\.\d+$/.test(host);
