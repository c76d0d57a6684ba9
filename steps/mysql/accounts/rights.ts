import type {Grant, NeedStatus, OpenContext, Rights} from '../../../src/index.ts';
import {quoted} from '../compare/row-text.ts';
import {connectTo} from '../session/connection.ts';
import type {Login} from '../session/contract.ts';
import {type Granted, type Grants, ownGrants} from './grants.ts';

/** The GRANT statements for these needs, and which of them the account has. */
export async function mysqlRights(
  login: Login,
  needs: readonly string[],
  {name, signal}: OpenContext,
): Promise<Rights> {
  const answer = await askServer(login, name, signal).catch((cause: unknown) => ({
    reason: cause instanceof Error ? cause.message : String(cause),
  }));
  const version = 'version' in answer ? answer.version : undefined;
  const privileges = needs.flatMap((need) => privilegesIn(need, version));
  const {escape: quote} = (await import('mysql2')).default;
  const to = 'account' in answer ? answer.account : {user: login.user, host: '%'};
  const grants: readonly Grant[] = [
    ...statementsFor(privileges, `${quote(to.user)}@${quote(to.host)}`),
    ...needs
      .filter((need) => privilegesIn(need, version).length === 0)
      .map((text) => ({form: 'words' as const, text})),
  ];
  return 'account' in answer
    ? {
        account: `${to.user}@${to.host}`,
        grants,
        needs: privileges.map((privilege) => statusOf(answer.held, privilege)),
      }
    : {
        account: null,
        grants,
        needs: privileges.map((privilege) => ({
          need: textOf(privilege),
          is: 'unknown' as const,
          reason: answer.reason,
        })),
      };
}

interface Privilege {
  readonly privilege: string;
  /** As GRANT takes it: `*.*`, or a database and `.*`. */
  readonly scope: string;
}

const textOf = ({privilege, scope}: Privilege): string => `${privilege} ON ${scope}`;

/**
 * `CREATE, SELECT ON switcharoo.*`, `PROCESS`, and `CONNECTION_ADMIN (SUPER before 8.0): why`. Empty for a need in
 * prose.
 */
export function privilegesIn(need: string, version: string | undefined): readonly Privilege[] {
  const match =
    /^([A-Z_]+(?:,? [A-Z_]+)*?)(?: ON (\*|\w+)\.(\*|\w+))?(?: \((\w+) before (\d+)\.0\))?(?:: .*)?$/.exec(
      need,
    );
  if (!match) {
    return [];
  }
  const [, names = '', database = '*', table = '*', older, before] = match;
  const isOlder = older !== undefined && version !== undefined && isBefore(version, Number(before));
  return (isOlder ? older : names).split(', ').map((privilege) => ({
    privilege,
    scope: `${idOf(database)}.${idOf(table)}`,
  }));
}

const idOf = (name: string): string => (name === '*' ? name : quoted(name));

/** MariaDB's versions start at 10, and it has none of MySQL 8's privileges. */
const isBefore = (version: string, major: number): boolean =>
  /mariadb/i.test(version) || Number.parseInt(version, 10) < major;

function statementsFor(needed: readonly Privilege[], to: string): readonly Grant[] {
  const byScope = new Map<string, Set<string>>();
  const everywhere = new Set(
    needed.flatMap(({privilege, scope}) => (scope === '*.*' ? privilege : [])),
  );
  for (const {privilege, scope} of needed) {
    if (scope !== '*.*' && everywhere.has(privilege)) {
      continue;
    }
    byScope.set(scope, (byScope.get(scope) ?? new Set()).add(privilege));
  }
  return [...byScope].map(([scope, privileges]) => ({
    form: 'statement',
    text: `GRANT ${[...privileges].sort().join(', ')} ON ${scope} TO ${to};`,
  }));
}

interface Answer {
  readonly version: string;
  readonly account: {readonly user: string; readonly host: string};
  readonly held: Grants;
}

async function askServer(login: Login, name: string, signal: AbortSignal): Promise<Answer> {
  const connections = connectTo(login, {name, address: `${login.host}:${login.port}`}, signal);
  try {
    const [row] = await connections.read(
      {sql: 'SELECT CURRENT_USER() AS account, VERSION() AS version'},
      signal,
    );
    const account = String(row?.['account']);
    const at = account.lastIndexOf('@');
    return {
      version: String(row?.['version']),
      account: {user: account.slice(0, at), host: account.slice(at + 1)},
      held: await ownGrants((sql) => connections.read({sql}, signal)),
    };
  } finally {
    await connections.close();
  }
}

function statusOf({own, idle}: Grants, privilege: Privilege): NeedStatus {
  if (gives(own, privilege)) {
    return {need: textOf(privilege), is: 'granted'};
  }
  const roles = [...idle].filter(([, granted]) => gives(granted, privilege)).map(([role]) => role);
  const reason =
    roles.length === 0
      ? 'SHOW GRANTS does not list it'
      : `the role ${roles.join(' or ')} has it, but is not set at login`;
  return {need: textOf(privilege), is: 'missing', reason};
}

/** The privileges of a need that an account does not have, as `INSERT ON switcharoo.*`. */
export const missingNeeds = (own: Granted, need: string, version: string): readonly string[] =>
  privilegesIn(need, version)
    .filter((privilege) => !gives(own, privilege))
    .map((privilege) => textOf(privilege).replaceAll('`', ''));

function gives(granted: Granted, {privilege, scope}: Privilege): boolean {
  const [database = ''] = scope.split('.');
  const scopes = ['*.*', `${database}.*`, scope];
  const names = [privilege, 'ALL PRIVILEGES', ...(otherNames[privilege] ?? [])];
  return scopes.some((known) => names.some((name) => granted.get(known)?.has(name)));
}

/** MariaDB's names since 10.5.2, and the older privilege that includes one of MySQL 8. */
const otherNames: Readonly<Record<string, readonly string[]>> = {
  'REPLICATION CLIENT': ['BINLOG MONITOR'],
  'REPLICATION SLAVE': ['REPLICATION REPLICA'],
  CONNECTION_ADMIN: ['SUPER'],
};
