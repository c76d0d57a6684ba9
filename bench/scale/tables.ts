import {mkdirSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {positionOf} from '../../lab/mysql/seed.ts';
import type {LabDatabase} from '../../lab/mysql/server.ts';
import {startWorld, type World} from '../../lab/world.ts';
import {benchFolder} from '../folder.ts';
import {figure, type Ran, root, row, say, switcharoo} from './child.ts';

interface Asked extends Ran {
  /** Queries of information_schema on the three servers. */
  readonly queries: number;
}

type Measured = Readonly<Record<string, Asked>>;

const schemas = 20;
const runbook = 'warm-cutover';

/** The same lab with ever more tables: what preflight, a plan and a whole cutover take. `beside`: another checkout. */
export async function benchTables(sizes: readonly number[], beside?: string): Promise<void> {
  say(`Tables in ${schemas} schemas: preflight, plan and a whole ${runbook} in the lab\n`);
  const all: Measured[] = [];
  for (const tables of sizes) {
    all.push(await measured(tables, beside));
  }
  row(['tables', ...sizes]);
  for (const part of Object.keys(all[0] ?? {})) {
    const line = (name: string, of: (asked: Asked) => string | number) => {
      row([`${part}: ${name}`, ...all.map(({[part]: asked}) => (asked ? of(asked) : ''))]);
    };
    line('seconds', ({seconds}) => figure(seconds));
    line('megabytes at its most', ({megabytes}) => Math.round(megabytes));
    line('queries of information_schema', ({queries}) => queries);
    line('could not look', ({output}) => notAnswered(output));
    line('exit code', ({code}) => code ?? 'none');
    if (part === 'run') {
      line('outage', ({output}) => /outage +(\d+(?:\.\d+)? m?s)/.exec(output)?.[1] ?? 'none');
    }
  }
}

const notAnswered = (output: string): number =>
  [...output.matchAll(/could not be checked|has not answered/g)].length;

async function measured(tables: number, beside: string | undefined): Promise<Measured> {
  const directory = benchFolder('scale-');
  const world = await startWorld({directory, clients: 2});
  try {
    await fill(world, tables);
    const {source, replica, aurora} = world.databases;
    const servers = [source, replica, aurora];
    const words = [
      ...['-i', join(root, 'inventories', 'lab.yaml')],
      ...['--state-dir', join(directory, 'state')],
    ];
    writeLab(join(directory, 'state'), world.variables);
    const ask = async (command: readonly string[], checkout?: string): Promise<Asked> => {
      await Promise.all(servers.map(startCounting));
      const ran = await switcharoo([...command, ...words], {
        ...{folder: directory, env: world.variables},
        ...(checkout === undefined ? {} : {checkout}),
      });
      const queries = await Promise.all(servers.map(queriesOn));
      if (process.env['SCALE_VERBOSE']) {
        say(ran.output);
      }
      say(`  ${tables} tables, ${command[0]}: ${figure(ran.seconds)} s`);
      return {...ran, queries: queries.reduce((sum, count) => sum + count, 0)};
    };
    return {
      ...(beside
        ? {
            'beside, preflight': await ask(['preflight'], beside),
            'beside, plan': await ask(['plan', runbook], beside),
          }
        : {}),
      preflight: await ask(['preflight']),
      plan: await ask(['plan', runbook]),
      run: await ask(['run', runbook, '--yes']),
    };
  } finally {
    await world.stop();
    rmSync(directory, {recursive: true, force: true});
  }
}

/** As "lab up" does, for the program in another process. */
function writeLab(folder: string, variables: World['variables']): void {
  mkdirSync(folder, {recursive: true, mode: 0o700});
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(join(folder, 'lab.env'), lines.join(''), {mode: 0o600});
}

/** Aurora has them from its first copy. What the replica sends of them later does nothing there. */
async function fill({databases: {source, replica, aurora}}: World, tables: number): Promise<void> {
  const make = (server: LabDatabase, first?: string) =>
    server.session(async (connection) => {
      if (first) {
        await connection.query(first);
      }
      for (let schema = 1; schema <= schemas; schema += 1) {
        await connection.query(`CREATE DATABASE IF NOT EXISTS estate${schema}`);
        for (let table = 1; table <= tables / schemas; table += 1) {
          await connection.query(
            `CREATE TABLE IF NOT EXISTS estate${schema}.t${table} (id INT AUTO_INCREMENT PRIMARY KEY, note VARCHAR(64)) ENGINE=InnoDB`,
          );
        }
      }
    });
  await Promise.all([make(source), make(aurora, 'SET sql_log_bin = 0')]);
  const {file, position} = await positionOf(source);
  for (;;) {
    const [status] = await replica.query('SHOW SLAVE STATUS');
    const at = [status?.['Relay_Master_Log_File'], Number(status?.['Exec_Master_Log_Pos'])];
    if (String(at[0]) > file || (at[0] === file && Number(at[1]) >= position)) {
      return;
    }
    await sleep(200);
  }
}

async function startCounting(server: LabDatabase): Promise<void> {
  await server.query("SET GLOBAL log_output = 'TABLE'");
  await server.query('SET GLOBAL general_log = OFF');
  await server.query('TRUNCATE mysql.general_log');
  await server.query('SET GLOBAL general_log = ON');
}

async function queriesOn(server: LabDatabase): Promise<number> {
  await server.query('SET GLOBAL general_log = OFF');
  const [count] = await server.query(
    `SELECT COUNT(*) AS count FROM mysql.general_log
      WHERE command_type = 'Query' AND argument LIKE '%information_schema.%' AND user_host LIKE '%switcharoo%'
         OR command_type = 'Query' AND argument LIKE '%information_schema.%' AND user_host LIKE '%admin%'`,
  );
  return Number(count?.['count']);
}
