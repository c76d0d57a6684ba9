import {connect} from 'node:net';
import {createPool, type Pool, type ResultSetHeader, type RowDataPacket} from 'mysql2/promise';

type Value = string | number | null;
type Result = RowDataPacket[] | ResultSetHeader;

interface Database {
  query<Answer extends Result>(sql: string, values?: readonly Value[]): Promise<Answer>;
  close(): Promise<void>;
}

// Less than a client waits for its answer, and more than a busy machine takes for one.
const connectTimeoutMs = 4_000;
const queryTimeoutMs = 4_000;

/** The application's database, as its environment names it, reached from the host's own address. */
export function openDatabase(env: NodeJS.ProcessEnv): Database {
  const pool = createPool({
    host: env['DATABASE_HOST'] ?? '127.0.0.1',
    port: Number(env['DATABASE_PORT'] ?? 3306),
    user: env['DATABASE_USER'] ?? 'shop',
    password: env['DATABASE_PASSWORD'] ?? '',
    database: env['DATABASE_NAME'] ?? 'shop',
    connectionLimit: 8,
    connectTimeout: connectTimeoutMs,
    stream: streamFrom(env['LOCAL_ADDRESS'] ?? env['LISTEN_ADDRESS']),
  });
  return {
    query: (sql, values = []) => queryOnce(pool, sql, values),
    close: () => pool.end(),
  };
}

/** Firewalls distinguish hosts by their source address: on loopback each "host" must bind its own. */
function streamFrom(localAddress: string | undefined) {
  return ({config}: {config: {host: string; port: number}}) => {
    const {host, port} = config;
    const socket = connect({host, port, ...(localAddress === undefined ? {} : {localAddress})});
    return socket.setNoDelay(true).setKeepAlive(true);
  };
}

/**
 * A connection with an error is closed: after 1290 or 1792 it may still lead to a server
 * that has become read-only, while a new one follows the name to the server in charge.
 */
async function queryOnce<Answer extends Result>(
  pool: Pool,
  sql: string,
  values: readonly Value[],
): Promise<Answer> {
  const connection = await pool.getConnection();
  try {
    const [answer] = await connection.query<Answer>({sql, timeout: queryTimeoutMs}, [...values]);
    connection.release();
    return answer;
  } catch (error) {
    connection.destroy();
    throw error;
  }
}
