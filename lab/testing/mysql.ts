import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {findServer} from '../mysql/find-server.ts';
import {type LabDatabase, startServer} from '../mysql/server.ts';
import {pickPort} from '../network.ts';
import {Processes} from '../processes.ts';
import {secret} from '../site.ts';

/** A real MySQL server of one test file. */
export interface LabMysql extends AsyncDisposable, Pick<LabDatabase, 'query'> {
  /** What the inventory says of it: an account that may do everything. */
  readonly config: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly password: string;
  };
  /** Ends it, and removes its data. */
  close(): Promise<void>;
}

/**
 * Starts the lab's MySQL 5.6 with empty data, on loopback; it takes two seconds. `settings` are options of mysqld. It
 * ends with this process at the latest.
 */
export async function startMysql(...settings: readonly string[]): Promise<LabMysql> {
  const program = await findServer();
  const directory = await mkdtemp(join(tmpdir(), 'switcharoo-'));
  const processes = new Processes(directory);
  const close = async () => {
    await processes.endAll();
    await rm(directory, {recursive: true, force: true});
  };
  try {
    const config = {
      host: '127.0.0.1',
      port: await pickPort('127.0.0.1'),
      user: 'tester',
      password: secret(),
    };
    const {query} = await startServer({
      ...{name: 'mysql', directory, processes, program, port: config.port, serverId: 1, settings},
      logName: 'mysql-bin',
      rootPassword: secret(),
    });
    const account = [config.user, config.host, config.password];
    await query('GRANT ALL ON *.* TO ?@? IDENTIFIED BY ? WITH GRANT OPTION', account);
    return {config, query, close, [Symbol.asyncDispose]: close};
  } catch (cause) {
    await close();
    throw cause;
  }
}
