import type {Grant, NeedStatus, OpenContext, Rights} from '../../../src/index.ts';
import {quoted} from '../compare/row-text.ts';
import {connectTo} from '../session/connection.ts';
import type {Login} from '../session/contract.ts';
import {type Granted, type Grants, ownGrants} from './grants.ts';

/** The GRANT statements for what is needed, and what the server says of the account. */
export async function mysqlRights(
  login: Login,
  needs: readonly string[],
  {name, signal}: OpenContext,
): Promise<Rights> {
  const asked = await askServer(login, name, signal).catch((cause: unknown) => ({
    says: cause instanceof Error ? cause.message : String(cause),
  }));
  const version = 'version' in asked ? asked.version : undefined;
  const wanted = needs.flatMap((need) => privilegesIn(need, version));
  const {escape: quote} = (await import('mysql2')).default;
  const to = 'account' in asked ? asked.account : {user: login.user, host: '%'};
  const grants: readonly Grant[] = [
    ...statementsFor(wanted, `${quote(to.user)}@${quote(to.host)}`),
    ...needs
      .filter((need) => privilegesIn(need, version).length === 0)
      .map((text) => ({form: 'words' as const, text})),
  ];
  return 'account' in asked
    ? {
        account: `${to.user}@${to.host}`,
        grants,
        needs: wanted.map((privilege) => heldBy(asked.held, privilege)),
      }
    : {
        account: null,
        grants,
        needs: wanted.map((privilege) => ({
          need: textOf(privilege),
          is: 'unknown' as const,
          says: asked.says,
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
 * `CREATE, SELECT ON switcharoo.*`, `PROCESS`, and `CONNECTION_ADMIN (SUPER before 8.0): why`. Nothing where it is
 * words.
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

/** MariaDB numbers from 10 on and has none of MySQL 8's privileges. */
const isBefore = (version: string, major: number): boolean =>
  /mariadb/i.test(version) || Number.parseInt(version, 10) < major;

function statementsFor(wanted: readonly Privilege[], to: string): readonly Grant[] {
  const byScope = new Map<string, Set<string>>();
  const everywhere = new Set(
    wanted.flatMap(({privilege, scope}) => (scope === '*.*' ? privilege : [])),
  );
  for (const {privilege, scope} of wanted) {
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
    const [who] = await connections.read(
      {sql: 'SELECT CURRENT_USER() AS account, VERSION() AS version'},
      signal,
    );
    const account = String(who?.['account']);
    const at = account.lastIndexOf('@');
    return {
      version: String(who?.['version']),
      account: {user: account.slice(0, at), host: account.slice(at + 1)},
      held: await ownGrants((sql) => connections.read({sql}, signal)),
    };
  } finally {
    await connections.close();
  }
}

function heldBy({own, idle}: Grants, wanted: Privilege): NeedStatus {
  if (gives(own, wanted)) {
    return {need: textOf(wanted), is: 'granted'};
  }
  const roles = [...idle].filter(([, granted]) => gives(granted, wanted)).map(([role]) => role);
  const says =
    roles.length === 0
      ? 'SHOW GRANTS does not list it'
      : `only the role ${roles.join(' or ')} has it, which is not set when the account logs in`;
  return {need: textOf(wanted), is: 'missing', reason: says};
}

function gives(granted: Granted, wanted: Privilege): boolean {
  const [database = ''] = wanted.scope.split('.');
  const scopes = ['*.*', `${database}.*`, wanted.scope];
  const names = [wanted.privilege, 'ALL PRIVILEGES', ...(otherNames[wanted.privilege] ?? [])];
  return scopes.some((scope) => names.some((name) => granted.get(scope)?.has(name)));
}

/** What MariaDB calls them since 10.5.2, and the privilege of before that includes one of MySQL 8. */
const otherNames: Readonly<Record<string, readonly string[]>> = {
  'REPLICATION CLIENT': ['BINLOG MONITOR'],
  'REPLICATION SLAVE': ['REPLICATION REPLICA'],
  CONNECTION_ADMIN: ['SUPER'],
};
