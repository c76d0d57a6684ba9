import {rmSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import {addAccountsOnPremises} from '../../lab/mysql/accounts.ts';
import {findServer} from '../../lab/mysql/find-server.ts';
import {positionOf} from '../../lab/mysql/seed.ts';
import {type LabDatabase, startServer} from '../../lab/mysql/server.ts';
import {statementsOf} from '../../lab/mysql/statements.ts';
import {Processes} from '../../lab/processes.ts';
import {mysqlServer} from '../../steps/mysql/target.ts';
import {verifyData} from '../../steps/mysql/verify-data.ts';
import {benchFolder} from '../folder.ts';
import {figure, row, say} from './child.ts';
import {freePort} from './port.ts';

const tables = 4;
const passwords = {...{root: 'root', shop: 'shop'}, switcharoo: 'sw', admin: 'admin', repl: 'repl'};

/** A source and its replica with ever more rows, and all of them compared each time. */
export async function benchRows(millions: readonly number[]): Promise<void> {
  say(`\nRows of ${tables} tables with 8 columns, verified on a source and its replica\n`);
  row(['million rows', 'seconds', 'rows a s', 'CPU s a million', 'MB more']);
  const directory = benchFolder('scale-');
  const processes = new Processes(directory);
  const servers: LabDatabase[] = [];
  try {
    for (const [name, serverId] of [
      ['source', 1],
      ['replica', 2],
    ] as const) {
      const server = await startServer({
        ...{name, serverId, directory, processes, program: await findServer()},
        ...{port: await freePort(), logName: 'mysql-bin', rootPassword: passwords.root},
        settings: ['--innodb-buffer-pool-size=1G', '--innodb-log-file-size=128M'],
      });
      servers.push(server);
      await addAccountsOnPremises(server, passwords);
    }
    const [source, replica] = servers as [LabDatabase, LabDatabase]; // both, just started
    await makeTables(source);
    await follow(replica, source);
    let rows = 0;
    for (const size of millions.map((million) => million * 1_000_000)) {
      await fill(source, rows / tables, size / tables);
      rows = size;
      await untilFollowed(replica, source);
      await measure(source, replica, rows);
    }
  } finally {
    await Promise.all(servers.map((server) => server.kill()));
    await processes.endAll();
    rmSync(directory, {recursive: true, force: true});
  }
}

async function measure(source: LabDatabase, replica: LabDatabase, rows: number): Promise<void> {
  const [first, second] = await Promise.all([source, replica].map(targetOn));
  const memory = process.memoryUsage().rss;
  let most = memory;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 100);
  const cpu = process.cpuUsage();
  const began = performance.now();
  try {
    await verified(first, second, rows);
  } finally {
    clearInterval(watch);
    await Promise.all([first?.close(), second?.close()]);
  }
  const seconds = (performance.now() - began) / 1_000;
  const {user, system} = process.cpuUsage(cpu);
  row([
    figure(rows / 1e6),
    figure(seconds),
    Math.round(rows / seconds),
    figure((user + system) / rows),
    Math.round((most - memory) / 1e6),
  ]);
}

type Opened = Awaited<ReturnType<typeof targetOn>>;

const targetOn = ({name, port}: LabDatabase) =>
  mysqlServer.open(
    {host: '127.0.0.1', port, user: 'switcharoo', password: passwords.switcharoo},
    {name, signal: new AbortController().signal},
  );

async function verified(source?: Opened, target?: Opened, rows?: number): Promise<void> {
  for (;;) {
    const verdict = await verifyData.check({
      input: verifyData.input.parse({schemas: ['bench']}),
      targets: {source: source?.reader as never, target: target?.reader as never}, // both, just opened
      run: {id: `r-${rows}`, entry: 'verify', started: false},
      now: new Date(),
      signal: new AbortController().signal,
    });
    if (verdict.kind === 'done' && verdict.output.rows === rows) {
      return;
    }
    if (verdict.kind !== 'waiting') {
      throw new Error(JSON.stringify(verdict));
    }
  }
}

const makeTables = (source: LabDatabase): Promise<void> =>
  source.session(async (connection) => {
    await connection.query('CREATE DATABASE bench');
    for (let number = 1; number <= tables; number += 1) {
      await connection.query(
        `CREATE TABLE bench.orders${number} (id BIGINT AUTO_INCREMENT PRIMARY KEY, token VARCHAR(64) NOT NULL,
           client INT, side VARCHAR(16), amount DECIMAL(10,2), note VARCHAR(200),
           created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, state TINYINT NOT NULL DEFAULT 0) ENGINE=InnoDB`,
      );
    }
  });

const fill = (source: LabDatabase, from: number, to: number): Promise<void> =>
  source.session(async (connection) => {
    const values = `UUID(), FLOOR(RAND() * 100), 'new', RAND() * 1000, REPEAT('x', RAND() * 40), 1`;
    for (let number = 1; number <= tables; number += 1) {
      const table = `bench.orders${number}`;
      const insert = `INSERT INTO ${table} (token, client, side, amount, note, state) SELECT ${values}`;
      for (let rows = from; rows < to; ) {
        const more = Math.min(Math.max(rows, 1), to - rows, 50_000);
        await connection.query(rows === 0 ? insert : `${insert} FROM ${table} LIMIT ${more}`);
        rows += rows === 0 ? 1 : more;
      }
    }
  });

async function follow(replica: LabDatabase, source: LabDatabase): Promise<void> {
  const words = statementsOf(replica.brand);
  const from = ['127.0.0.1', source.port, passwords.repl, 'mysql-bin.000001', 4];
  await replica.query(words.follow, from);
  await replica.query(words.start);
}

async function untilFollowed(replica: LabDatabase, source: LabDatabase): Promise<void> {
  const {file, position} = await positionOf(source);
  for (;;) {
    const [status] = await replica.query(statementsOf(replica.brand).replicationStatus);
    const executed = status?.['Relay_Master_Log_File'] === file;
    if (executed && Number(status?.['Exec_Master_Log_Pos']) >= position) {
      return;
    }
    await sleep(100);
  }
}
