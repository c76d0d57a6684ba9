import {execFile} from 'node:child_process';
import {rmSync} from 'node:fs';
import {createServer} from 'node:net';
import {performance} from 'node:perf_hooks';
import {setTimeout as sleep} from 'node:timers/promises';
import {promisify} from 'node:util';
import {addAccountsOnPremises} from '../lab/mysql/accounts.ts';
import {findServer} from '../lab/mysql/find-server.ts';
import {positionOf} from '../lab/mysql/seed.ts';
import {type LabDatabase, startServer} from '../lab/mysql/server.ts';
import {statementsOf} from '../lab/mysql/statements.ts';
import {Processes} from '../lab/processes.ts';
import {mysqlServer} from '../steps/mysql/target.ts';
import {verifyData} from '../steps/mysql/verify-data.ts';
import {benchFolder} from './folder.ts';

// `npm run bench:verify`: how many rows a second mysql.verify-data compares, beside pt-table-checksum (Debian's
// percona-toolkit) and CHECKSUM TABLE, on the same two servers in the same run, in turns. Each compares a source with
// its
// replica; the clock runs until the verdict is there, and rows are those of the source.
const tables = 4;
const rowsOfTable = Number(process.argv[2] ?? 500_000);
const rounds = Number(process.argv[3] ?? 3);

const run = promisify(execFile);
const directory = benchFolder('switcharoo-');
const processes = new Processes(directory);
const passwords = {
  root: 'root',
  shop: 'shop',
  switcharoo: 'switcharoo',
  admin: 'admin',
  repl: 'repl',
};
const servers: LabDatabase[] = [];
try {
  await compare();
} finally {
  await Promise.all(servers.map((server) => server.kill()));
  await processes.endAll();
  rmSync(directory, {recursive: true, force: true});
}

async function compare(): Promise<void> {
  const source = await started('source', 1);
  const replica = await started('replica', 2);
  await fill(source);
  await follow(replica, source);
  await letPercona(source, replica);
  const [first, second] = [await targetOn(source), await targetOn(replica)];
  const contenders = {
    'mysql.verify-data': () => verified(first, second),
    'pt-table-checksum': () => checksummed(source),
    'CHECKSUM TABLE on both': () => checksumTable(source, replica),
  };
  say(`${tables} tables of ${rowsOfTable} rows and 8 columns, two servers on one machine\n`);
  const rates = new Map(Object.keys(contenders).map((name): [string, number[]] => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, work] of Object.entries(contenders)) {
      const began = performance.now();
      await work();
      rates.get(name)?.push((tables * rowsOfTable) / ((performance.now() - began) / 1_000));
    }
  }
  const percona = median(rates.get('pt-table-checksum') ?? []);
  table(['what', 'rows/s', 'range', 'beside pt-table-checksum']);
  for (const [name, measured] of rates) {
    const sorted = [...measured].sort((a, b) => a - b);
    table([
      name,
      thousands(median(measured)),
      `${thousands(sorted[0])}-${thousands(sorted.at(-1))}`,
      (median(measured) / percona).toFixed(2),
    ]);
  }
  await Promise.all([first.close(), second.close()]);
}

async function started(name: string, serverId: number): Promise<LabDatabase> {
  const server = await startServer({
    ...{name, serverId, directory, processes, program: await findServer()},
    ...{port: await freePort(), logName: 'mysql-bin', rootPassword: passwords.root},
    // All data in memory: what is measured is the comparison, not the disk.
    settings: ['--innodb-buffer-pool-size=512M', '--innodb-log-file-size=64M'],
  });
  servers.push(server);
  await addAccountsOnPremises(server, passwords);
  return server;
}

async function fill(source: LabDatabase): Promise<void> {
  await source.session(async (connection) => {
    await connection.query('CREATE DATABASE bench');
    await connection.query('USE bench');
    for (let number = 1; number <= tables; number += 1) {
      await connection.query(
        `CREATE TABLE orders${number} (id BIGINT AUTO_INCREMENT PRIMARY KEY, token VARCHAR(64) NOT NULL, client INT,
           side VARCHAR(16), amount DECIMAL(10,2), note VARCHAR(200), created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
           state TINYINT NOT NULL DEFAULT 0) ENGINE=InnoDB`,
      );
      const values = `UUID(), FLOOR(RAND() * 100), 'new', RAND() * 1000, REPEAT('x', RAND() * 40), 1`;
      const insert = `INSERT INTO orders${number} (token, client, side, amount, note, state)`;
      await connection.query(`${insert} SELECT ${values}`);
      for (let rows = 1; rows < rowsOfTable; ) {
        const more = Math.min(rows, rowsOfTable - rows, 50_000);
        await connection.query(`${insert} SELECT ${values} FROM orders${number} LIMIT ?`, [more]);
        rows += more;
      }
    }
  });
}

async function follow(replica: LabDatabase, source: LabDatabase): Promise<void> {
  const words = statementsOf(replica.brand);
  const from = ['127.0.0.1', source.port, passwords.repl, 'mysql-bin.000001', 4];
  await replica.query(words.follow, from);
  await replica.query(words.start);
  const {file, position} = await positionOf(source);
  for (;;) {
    const [status] = await replica.query(words.replicationStatus);
    const executed = status?.['Relay_Master_Log_File'] === file;
    if (executed && Number(status?.['Exec_Master_Log_Pos']) >= position) {
      return;
    }
    await sleep(100);
  }
}

/** It writes its table on the source, in statements, and finds the replica in a table of its own. */
async function letPercona(source: LabDatabase, replica: LabDatabase): Promise<void> {
  for (const server of [source, replica]) {
    await server.session(async (connection) => {
      await connection.query('SET sql_log_bin = 0');
      await connection.query(
        "GRANT ALL PRIVILEGES ON *.* TO 'percona'@'%' IDENTIFIED BY 'percona'",
      );
    });
  }
  await source.query('CREATE DATABASE percona');
  await source.query(
    'CREATE TABLE percona.dsns (id INT PRIMARY KEY, parent_id INT, dsn VARCHAR(255))',
  );
  await source.query('INSERT INTO percona.dsns VALUES (1, NULL, ?)', [dsn(replica)]);
}

function dsn({port}: LabDatabase): string {
  return `h=127.0.0.1,P=${port},u=percona,p=percona`;
}

async function checksummed(source: LabDatabase): Promise<void> {
  const {stdout} = await run('pt-table-checksum', [
    '--databases=bench',
    '--no-version-check',
    // The lab's replica leaves the schema mysql out, and logs rows; both are beside the point here.
    '--no-check-replication-filters',
    '--no-check-binlog-format',
    `--recursion-method=dsn=${dsn(source)},D=percona,t=dsns`,
    dsn(source),
  ]);
  const rows = [...stdout.matchAll(/^\S+ +0 +0 +(\d+) .* bench\./gm)].map(([, count]) =>
    Number(count),
  );
  if (rows.length !== tables || rows.some((count) => count !== rowsOfTable)) {
    throw new Error(`pt-table-checksum says: ${stdout}`);
  }
}

async function checksumTable(...both: readonly LabDatabase[]): Promise<void> {
  const names = Array.from({length: tables}, (_, index) => `bench.orders${index + 1}`).join(', ');
  const [here, there] = await Promise.all(
    both.map((server) => server.query(`CHECKSUM TABLE ${names}`)),
  );
  if (JSON.stringify(here) !== JSON.stringify(there)) {
    throw new Error('CHECKSUM TABLE differs');
  }
}

type Opened = Awaited<ReturnType<typeof targetOn>>;

function targetOn({name, port}: LabDatabase) {
  return mysqlServer.open(
    {host: '127.0.0.1', port, user: 'switcharoo', password: passwords.switcharoo},
    {name, signal: new AbortController().signal},
  );
}

async function verified(source: Opened, target: Opened): Promise<void> {
  for (;;) {
    const verdict = await verifyData.check({
      input: verifyData.input.parse({schemas: ['bench']}),
      targets: {source: source.reader, target: target.reader},
      run: {id: 'r-bench', entry: 'verify', started: false},
      now: new Date(),
      signal: new AbortController().signal,
    });
    if (verdict.kind === 'done' && verdict.output.rows === tables * rowsOfTable) {
      return;
    }
    if (verdict.kind !== 'waiting') {
      throw new Error(JSON.stringify(verdict));
    }
  }
}

function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

function median(figures: readonly number[]): number {
  return [...figures].sort((a, b) => a - b)[Math.floor(figures.length / 2)] ?? Number.NaN;
}

function thousands(value = Number.NaN): string {
  return `${Math.round(value / 1_000)}k`;
}

function table(cells: readonly string[]): void {
  say(cells.map((cell, at) => (at === 0 ? cell.padEnd(24) : cell.padStart(26))).join(''));
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
