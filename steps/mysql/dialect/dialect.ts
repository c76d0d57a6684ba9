/** What the steps send to a server, in its two spellings. */
const spellings = {
  replicationStatus: {
    since: [8, 0, 22],
    newer: 'SHOW REPLICA STATUS',
    older: 'SHOW SLAVE STATUS',
  },
  ownPosition: {since: [8, 2, 0], newer: 'SHOW BINARY LOG STATUS', older: 'SHOW MASTER STATUS'},
  start: {since: [8, 0, 22], newer: 'START REPLICA', older: 'START SLAVE'},
  stop: {since: [8, 0, 22], newer: 'STOP REPLICA', older: 'STOP SLAVE'},
  startSqlThread: {
    since: [8, 0, 22],
    newer: 'START REPLICA SQL_THREAD',
    older: 'START SLAVE SQL_THREAD',
  },
  stopSqlThread: {
    since: [8, 0, 22],
    newer: 'STOP REPLICA SQL_THREAD',
    older: 'STOP SLAVE SQL_THREAD',
  },
  /** Values: file, position, seconds. Seconds are whole: MySQL 5.6 takes a fraction for no limit. */
  waitUntilExecuted: {
    since: [8, 0, 26],
    newer: 'SELECT SOURCE_POS_WAIT(?, ?, ?)',
    older: 'SELECT MASTER_POS_WAIT(?, ?, ?)',
  },
  reset: {since: [8, 0, 22], newer: 'RESET REPLICA ALL', older: 'RESET SLAVE ALL'},
  /** Values: host, port, user, password, file, position. */
  setSource: {
    since: [8, 0, 23],
    // Without TLS an account with caching_sha2_password needs the source's public key (MySQL 8.4 manual 15.4.2.2).
    newer: `CHANGE REPLICATION SOURCE TO SOURCE_HOST = ?, SOURCE_PORT = ?, SOURCE_USER = ?, SOURCE_PASSWORD = ?,
      SOURCE_LOG_FILE = ?, SOURCE_LOG_POS = ?, SOURCE_CONNECT_RETRY = 1, SOURCE_AUTO_POSITION = 0, GET_SOURCE_PUBLIC_KEY = 1`,
    older: `CHANGE MASTER TO MASTER_HOST = ?, MASTER_PORT = ?, MASTER_USER = ?, MASTER_PASSWORD = ?,
      MASTER_LOG_FILE = ?, MASTER_LOG_POS = ?, MASTER_CONNECT_RETRY = 1`,
  },
  /** Values: as above, the file with certificates or nothing, 1 or 0 for whether the other's name is checked. */
  setSourceOverTls: {
    since: [8, 0, 23],
    newer: `CHANGE REPLICATION SOURCE TO SOURCE_HOST = ?, SOURCE_PORT = ?, SOURCE_USER = ?, SOURCE_PASSWORD = ?,
      SOURCE_LOG_FILE = ?, SOURCE_LOG_POS = ?, SOURCE_CONNECT_RETRY = 1, SOURCE_AUTO_POSITION = 0,
      SOURCE_SSL = 1, SOURCE_SSL_CA = ?, SOURCE_SSL_VERIFY_SERVER_CERT = ?`,
    older: `CHANGE MASTER TO MASTER_HOST = ?, MASTER_PORT = ?, MASTER_USER = ?, MASTER_PASSWORD = ?,
      MASTER_LOG_FILE = ?, MASTER_LOG_POS = ?, MASTER_CONNECT_RETRY = 1,
      MASTER_SSL = 1, MASTER_SSL_CA = ?, MASTER_SSL_VERIFY_SERVER_CERT = ?`,
  },
} as const;

type Request = keyof typeof spellings;

/** What a server can do, by its version. */
export interface Traits {
  readonly brand: 'mysql' | 'mariadb';
  /** The privileges that `read_only` does not bind. */
  readonly pastReadOnly: readonly string[];
  /**
   * Lists the holders of each role; `null` where there are no roles, or where `super_read_only` binds all holders
   * (MySQL 8).
   */
  readonly roleGrantsSql: string | null;
  /** It has `ALTER USER … ACCOUNT LOCK`. */
  readonly locksAccounts: boolean;
  /** It has `SET PERSIST`: a setting survives a restart. */
  readonly persists: boolean;
  /** It has `performance_schema.metadata_locks`, which may be empty. */
  readonly showsMetadataLocks: boolean;
  /** `information_schema.columns` has the expressions of generated columns. */
  readonly showsExpressions: boolean;
  /** `information_schema.tables` may have counters of up to a day ago (`information_schema_stats_expiry`). */
  readonly keepsStatistics: boolean;
  /** The cheaper SHA-2: only newer servers compute the shorter one on the processor's own instructions. */
  readonly sha2: 256 | 512;
}

/** Finds the spelling that a server understands, and remembers it. */
export interface Dialect {
  readonly traits: Traits;
  /** Gives `ask` the statement for `request`; the other spelling once, if the server does not know the first. */
  send<Answer>(request: Request, ask: (sql: string) => Promise<Answer>): Promise<Answer>;
}

/** The dialect by version, as `SELECT VERSION()` gives it. */
export function dialectOf(version: string): Dialect {
  const proven = new Map<Request, string>();
  return {
    traits: traitsOf(version),
    send: async (request, ask) => {
      const first = proven.get(request) ?? likely(request, version);
      try {
        return await ask(first);
      } catch (cause) {
        if (proven.has(request) || !unknownSyntaxErrnos.includes(errnoOf(cause) ?? 0)) {
          throw cause;
        }
        const second = other(request, first);
        const answer = await ask(second);
        proven.set(request, second);
        return answer;
      }
    },
  };
}

export function traitsOf(version: string): Traits {
  const since = (...numbers: readonly number[]) => isAtLeast(version, numbers);
  if (isMariadb(version)) {
    return {
      brand: 'mariadb',
      // MariaDB 10.11 took it out of SUPER (release notes of 10.11.0, MDEV-29596).
      pastReadOnly: since(10, 11) ? ['READ_ONLY ADMIN'] : ['SUPER', 'READ_ONLY ADMIN'],
      roleGrantsSql: since(10, 0, 5)
        ? "SELECT role AS role, '' AS role_host, user AS user, host AS host FROM mysql.roles_mapping"
        : null,
      locksAccounts: since(10, 4, 2),
      persists: false,
      showsMetadataLocks: since(10, 5, 2),
      showsExpressions: since(10, 2),
      keepsStatistics: false,
      sha2: 256,
    };
  }
  return {
    brand: 'mysql',
    pastReadOnly: ['SUPER', 'CONNECTION_ADMIN'],
    roleGrantsSql: null,
    locksAccounts: since(5, 7, 6),
    persists: since(8, 0, 0),
    showsMetadataLocks: since(5, 7, 3),
    showsExpressions: since(5, 7),
    keepsStatistics: since(8, 0),
    sha2: since(8, 0, 0) ? 256 : 512,
  };
}

/** The server's error number, also where it is wrapped. */
export function errnoOf(error: unknown): number | null {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if ('errno' in at && typeof at.errno === 'number') {
      return at.errno;
    }
  }
  return null;
}

/**
 * ER_PARSE_ERROR; ER_SP_DOES_NOT_EXIST of a function, which is ER_NO_DB_ERROR in MySQL 9 where no schema is chosen. A
 * fork may keep the older spelling under a newer version, so the version alone does not decide.
 */
export const unknownSyntaxErrnos: readonly number[] = [1064, 1305, 1046];

function likely(request: Request, version: string): string {
  const {since, newer, older} = spellings[request];
  // MariaDB numbers its versions from 10 on and keeps the older spelling.
  return !isMariadb(version) && isAtLeast(version, since) ? newer : older;
}

const isMariadb = (version: string): boolean => /mariadb/i.test(version);

function other(request: Request, first: string): string {
  const {newer, older} = spellings[request];
  return first === newer ? older : newer;
}

/** `5.6.24-log` and `10.11.19-MariaDB` are compared by their numbers; a missing number counts as 0. */
export function isAtLeast(version: string, since: readonly number[]): boolean {
  const numbers = version.split(/[^0-9]+/).map(Number);
  for (const [index, required] of since.entries()) {
    const actual = numbers[index] ?? 0;
    if (actual !== required) {
      return actual > required;
    }
  }
  return true;
}
