import {spawn, spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {root} from './places.ts';

export interface Options {
  readonly clients: number;
  readonly slowProcedures: boolean;
  /** Milliseconds of a round trip between a contender and every target. */
  readonly rtt: string | undefined;
}

export interface Measured {
  readonly outageMs: number;
  readonly totalMs: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly reads: number;
  readonly readsFailed: number;
  /** Of the clients: reads and writes together. A write that is refused in the outage is one that failed. */
  readonly requests: number;
  readonly requestsFailed: number;
  readonly slowestMs: number;
}

interface Tools {
  /** The program in place of the AWS CLI. */
  readonly aws: string;
  /** Where runs may leave their files. */
  readonly folder: string;
}

const here = join(root, 'bench', 'outage');
/** As a rehearsal does it: how long the new side serves before the writes are counted. */
const writesAfterMs = 1_500;

export async function byRunbook(
  runbook: string,
  options: Options,
  {folder}: Tools,
): Promise<Measured> {
  const state = mkdtempSync(join(folder, 'state-'));
  const report = await switcharoo(state, 'rehearse', runbook, '--json', ...labWords(options));
  const {totalMs} = report;
  return {...countedBy(report), totalMs};
}

export const byHand = (options: Options, tools: Tools): Promise<Measured> =>
  inLab(options, tools, (_variables, env) => run('bash', [join(here, 'cutover.sh')], env));

export const byPlaybook = (options: Options, tools: Tools): Promise<Measured> =>
  inLab(options, tools, (variables, env, work) => {
    const inventory = join(work, 'inventory.json');
    writeFileSync(inventory, JSON.stringify(inventoryOf(variables, env)), {mode: 0o600});
    return run('ansible-playbook', ['-i', inventory, join(here, 'cutover.yaml')], {
      ...env,
      ANSIBLE_LOCALHOST_WARNING: 'False',
      // The lab's ssh servers have no terminals to give.
      ANSIBLE_SSH_USETTY: 'False',
      ANSIBLE_HOME: join(work, 'ansible'),
      ANSIBLE_LOCAL_TEMP: join(work, 'ansible'),
      ANSIBLE_REMOTE_TEMP: join(work, 'ansible'),
      ANSIBLE_SSH_CONTROL_PATH_DIR: '/tmp/.ansible-bench',
    });
  });

type Variables = Readonly<Record<string, string>>;

/** A lab of its own, and in it whatever cuts over; then the count, and the lab goes. */
async function inLab(
  options: Options,
  {aws, folder}: Tools,
  cutOver: (variables: Variables, env: NodeJS.ProcessEnv, work: string) => Promise<unknown>,
): Promise<Measured> {
  const work = mkdtempSync(join(folder, 'run-'));
  writeFileSync(join(work, 'aws'), `#!/bin/sh\nexec '${process.execPath}' '${aws}' "$@"\n`, {
    mode: 0o755,
  });
  const down = () => spawnSync(process.execPath, [program, '--state-dir', work, 'lab', 'down']);
  // Before the folder goes that names the lab.
  process.prependOnceListener('exit', down);
  try {
    await switcharoo(work, 'lab', 'up', '--json', ...labWords(options));
    const variables = variablesIn(join(work, 'lab.env'));
    const started = performance.now();
    await cutOver(variables, environmentOf(variables, work), work);
    const totalMs = Math.round(performance.now() - started);
    await sleep(writesAfterMs);
    return {...countedBy(await switcharoo(work, 'lab', 'count', '--json')), totalMs};
  } finally {
    down();
    process.off('exit', down);
  }
}

interface Count {
  readonly outageMs: number;
  readonly writes: {readonly lost: number; readonly duplicated: number};
  readonly reads: {readonly answered: number; readonly failed: number};
  readonly requests: {
    readonly made: number;
    readonly failed: number;
    readonly slowestMs: number | null;
  };
}

/** A report of a rehearsal has the same names as a count of the lab. */
const countedBy = ({outageMs, writes, reads, requests}: Count): Omit<Measured, 'totalMs'> => ({
  outageMs,
  lost: writes.lost,
  duplicated: writes.duplicated,
  reads: reads.answered,
  readsFailed: reads.failed,
  requests: requests.made,
  requestsFailed: requests.failed,
  slowestMs: requests.slowestMs ?? 0,
});

const program = join(root, 'bin/switcharoo.js');

const labWords = ({clients, slowProcedures, rtt}: Options): readonly string[] => [
  ...['--clients', String(clients)],
  ...(slowProcedures ? ['--slow-procedures'] : []),
  ...(rtt === undefined ? [] : ['--rtt', rtt]),
];

/** The last document that it printed. */
async function switcharoo(state: string, ...words: readonly string[]) {
  const args = [program, '--state-dir', state, ...words];
  // A lab is a process of its own, and outlives the command that starts it.
  const env = {...process.env, LAB_ENDS_WITH: `${process.pid}`};
  const output = await run(process.execPath, args, env);
  return JSON.parse(output.trim().split('\n').at(-1) ?? '{}');
}

const variablesIn = (file: string): Variables =>
  Object.fromEntries(
    readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );

const environmentOf = (variables: Variables, work: string): NodeJS.ProcessEnv => ({
  ...process.env,
  ...variables,
  PATH: `${work}:${process.env['PATH']}`,
  AWS_ENDPOINT: variables['LAB_AWS_ENDPOINT'],
  AWS_ACCESS_KEY_ID: variables['LAB_AWS_KEY_ID'],
  AWS_SECRET_ACCESS_KEY: variables['LAB_AWS_SECRET'],
  ...{
    ZONE: 'Z0LABSHOP',
    SITE: 'www.shop.test',
    OLD_TTL: '5',
    IMAGE: '123456789012.dkr.ecr.us-east-1.amazonaws.com/shop:2',
  },
});

/** The hosts as Ansible sees them; what the playbook needs of the environment is `env`. */
function inventoryOf(variables: Variables, env: NodeJS.ProcessEnv) {
  const host = (name: string) => ({
    ansible_host: variables[`LAB_${name}_ADDRESS`],
    ansible_port: Number(variables[`LAB_${name}_SSH_PORT`]),
    ansible_user: 'deploy',
    ansible_ssh_private_key_file: variables['LAB_IDENTITY_FILE'],
    ansible_ssh_common_args: `-o UserKnownHostsFile=${variables['LAB_KNOWN_HOSTS']} -o StrictHostKeyChecking=yes -o IdentitiesOnly=yes`,
  });
  const named = ['ZONE', 'SITE', 'OLD_TTL', 'IMAGE', ...Object.keys(variables)];
  return {
    all: {
      vars: {env: Object.fromEntries(named.map((name) => [name, env[name]]))},
      hosts: {localhost: {ansible_connection: 'local'}},
      children: {
        web: {hosts: {web1: host('WEB1'), web2: host('WEB2')}},
        db: {hosts: {db1: host('DB1')}},
      },
    },
  };
}

/** What it printed. A contender that fails ends the bench: there is nothing to compare then. */
function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {env, stdio: ['ignore', 'pipe', 'pipe']});
    const end = () => child.kill();
    process.once('exit', end);
    child.once('close', () => process.off('exit', end));
    let output = '';
    let complaints = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      complaints += text;
    });
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0
        ? resolve(output)
        : reject(
            new Error(`${command} ended with ${code}:\n${(output + complaints).slice(-3_000)}`),
          ),
    );
  });
}
