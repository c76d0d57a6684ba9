import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {addAccountsOnPremises} from '../../../lab/mysql/accounts.ts';
import {findServer} from '../../../lab/mysql/find-server.ts';
import {type LabDatabase, startServer} from '../../../lab/mysql/server.ts';
import {createShop} from '../../../lab/mysql/shop-schema.ts';
import {type LabProcess, Processes} from '../../../lab/processes.ts';

/** One database with the shop's tables, and a folder in which programs of the lab can be started. */
export interface ShopWorld {
  readonly directory: string;
  readonly database: LabDatabase;
  readonly processes: Processes;
  /** What the application's environment says about the database. */
  readonly env: Readonly<Record<string, string>>;
  start(
    name: string,
    program: string,
    env: Readonly<Record<string, string>>,
    ipc?: boolean,
  ): LabProcess;
  /** Starts the application and waits until it listens. */
  startShop(name: string, env?: Readonly<Record<string, string>>): Promise<Shop>;
  end(): Promise<void>;
}

export interface Shop {
  readonly process: LabProcess;
  readonly port: number;
  readonly url: string;
}

const password = 'shop-of-the-test';

export async function startShopWorld(): Promise<ShopWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'shop-'));
  const processes = new Processes(directory);
  const end = async () => {
    await processes.endAll();
    await rm(directory, {recursive: true, force: true});
  };
  try {
    const database = await startDatabase(directory, processes);
    const env = {
      DATABASE_HOST: '127.0.0.1',
      DATABASE_PORT: String(database.port),
      DATABASE_USER: 'shop',
      DATABASE_PASSWORD: password,
      DATABASE_NAME: 'shop',
    };
    const start: ShopWorld['start'] = (name, program, more, ipc = false) =>
      processes.spawn(name, process.execPath, ['--import', 'tsx', resolve(program)], {
        env: {...env, ...more},
        // tsx is found from here.
        cwd: process.cwd(),
        ipc,
      });
    const startShop: ShopWorld['startShop'] = async (name, more = {}) => {
      const shop = start(name, 'lab/app/shop.ts', more);
      const [, url = '', port = ''] = await said(directory, shop, /listens on (.+:(\d+))/);
      return {process: shop, port: Number(port), url: `http://${url}`};
    };
    return {directory, database, processes, env, start, startShop, end};
  } catch (error) {
    await end();
    throw error;
  }
}

/** Waits until a program's log says it. */
export async function said(
  directory: string,
  {name, running}: LabProcess,
  what: RegExp,
): Promise<RegExpExecArray> {
  for (;;) {
    const log = await readFile(join(directory, `${name}.log`), 'utf8');
    const found = what.exec(log);
    if (found) {
      return found;
    }
    if (!running()) {
      throw new Error(`${name} ended without saying ${what}: ${log}`);
    }
    await sleep(20);
  }
}

async function startDatabase(directory: string, processes: Processes): Promise<LabDatabase> {
  const database = await startServer({
    ...{name: 'source', directory, processes, program: await findServer(), port: await freePort()},
    ...{serverId: 1, logName: 'mysql-bin', rootPassword: 'root-of-the-test'},
  });
  const others = {root: '', switcharoo: 'unused', admin: 'unused', repl: 'unused'};
  await addAccountsOnPremises(database, {...others, shop: password});
  await createShop(database);
  return database;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return typeof address === 'object' && address ? address.port : 0;
}
