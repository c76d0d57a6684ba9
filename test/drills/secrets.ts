import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {labVariables} from '../../src/inventory/inventory.ts';
import {type Desk, openDesk, type Started} from '../cli/switcharoo.ts';
import {watchProcesses} from './process-watch.ts';
import {expectCode, runbook} from './stage.ts';

/** Passwords that hurt: quotes of every kind, a backslash, what URLs and shells read, and one of two lines. */
const planted = {
  switcharoo: `it's "Quoted" \\ & 100% of ?a=b#c`,
  admin: `two\nlines of/a+secret: \${HOME} @host`,
  // MySQL 5.6 takes at most 32 characters for a replication password.
  repl: `r'e"p\\l; DROP -- %41 <b> é`,
} as const;

interface Leak {
  readonly secret: string;
  readonly form: string;
  readonly where: string;
}

export interface SecretsResult {
  readonly problems: readonly string[];
}

/** Runs everything with secrets that are easily mangled, and looks for them in all that leaves the program. */
export async function drillSecrets(say: (text: string) => void): Promise<readonly SecretsResult[]> {
  const desk = openDesk();
  const watch = watchProcesses();
  try {
    process.env['LAB_PASSWORDS'] = JSON.stringify(planted);
    expectCode(await desk.run('lab', 'up'), 0);
    delete process.env['LAB_PASSWORDS'];
    const inventory = plant(desk);
    const outputs = await runEverything(desk, inventory, (started) =>
      watch.add(started.child.pid ?? -1),
    );
    const seen: Record<string, string> = {
      ...outputs,
      ...watch.seen(),
      ...filesBelow(desk.stateFolder),
    };
    const leaks = leaksIn(seen);
    say(
      `${Object.keys(seen).length} outputs, files and processes searched for ${Object.keys(planted).length} secrets`,
    );
    for (const {secret, form, where} of leaks) {
      say(`    FAILED: the password of ${secret}, ${form}, is in ${where}`);
    }
    return [{problems: leaks.map(({where}) => where)}];
  } finally {
    watch.close();
    await desk.clear();
  }
}

/** An inventory that is not the lab's own: its secrets come from the environment and from a file, as in production. */
function plant(desk: Desk): string {
  const lab = readFileSync('inventories/lab.yaml', 'utf8');
  const variables = labVariables('lab', desk.stateFolder);
  const secretFile = join(desk.stateFolder, 'admin.secret');
  writeFileSync(secretFile, planted.admin, {mode: 0o600});
  const file = join(desk.stateFolder, 'planted.yaml');
  writeFileSync(
    file,
    lab
      .replace('name: lab', 'name: planted')
      .replace('lab: true', 'lab: false')
      .replaceAll('{env: LAB_ADMIN_PASSWORD}', `{file: ${secretFile}}`),
  );
  Object.assign(process.env, variables, {
    LAB_SWITCHAROO_PASSWORD: planted.switcharoo,
    LAB_REPL_PASSWORD: planted.repl,
  });
  // The file has its own; this must not stand in for it.
  delete process.env['LAB_ADMIN_PASSWORD'];
  return file;
}

/** Every command that says something about a run, and a run that meets a server which refuses its password. */
async function runEverything(
  desk: Desk,
  inventory: string,
  watched: (started: Started) => void,
): Promise<Record<string, string>> {
  const outputs: Record<string, string> = {};
  const play = async (codes: readonly number[], ...words: readonly string[]) => {
    const started = desk.start(...words);
    watched(started);
    const ended = await started.ended;
    outputs[words.join(' ')] = ended.stdout + ended.stderr;
    if (!codes.includes(ended.code ?? -1)) {
      throw new Error(
        `${words.join(' ')} ended with ${ended.code}:\n${ended.stdout}${ended.stderr}`,
      );
    }
  };
  const html = join(desk.stateFolder, 'report.html');
  await play([0], 'plan', runbook, '-i', inventory);
  await play([0], 'plan', runbook, '-i', inventory, '--json');
  await refused(play, inventory);
  // It holds at the point of no return: no flag answers that.
  await play([5], 'run', runbook, '-i', inventory, '--yes');
  await play([5], 'resume', '--yes', '--json');
  await play([0], 'reverse', '--yes');
  for (const words of [['status'], ['log'], ['log', '--verify'], ['report'], ['runs']]) {
    await play([0], ...words);
    await play([0], ...words, '--json');
  }
  await play([0], 'report', '--html', html);
  return outputs;
}

/** With a wrong password, which is a secret all the same, and whatever the servers say to it. */
async function refused(
  play: (codes: readonly number[], ...words: readonly string[]) => Promise<void>,
  inventory: string,
): Promise<void> {
  const right = process.env['LAB_SWITCHAROO_PASSWORD'];
  process.env['LAB_SWITCHAROO_PASSWORD'] = `${planted.switcharoo} no more`;
  await play([3], 'plan', runbook, '-i', inventory);
  await play([3], 'run', runbook, '-i', inventory, '--yes', '--json');
  process.env['LAB_SWITCHAROO_PASSWORD'] = right;
}

/** All that the program left in the state folder, but the lab's own files and what was planted. */
function filesBelow(folder: string): Record<string, string> {
  const own = new Set(['lab.env', 'lab.json', 'admin.secret']);
  const files = readdirSync(folder, {recursive: true, withFileTypes: true}).filter(
    (entry) => entry.isFile() && !own.has(entry.name),
  );
  return Object.fromEntries(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path, readFileSync(path, 'utf8')];
    }),
  );
}

function leaksIn(seen: Readonly<Record<string, string>>): readonly Leak[] {
  return Object.entries(planted).flatMap(([secret, value]) =>
    Object.entries(formsOf(value)).flatMap(([form, text]) =>
      Object.entries(seen)
        .filter(([, content]) => content.includes(text))
        .map(([where]) => ({secret, form, where})),
    ),
  );
}

function formsOf(secret: string): Readonly<Record<string, string>> {
  const bytes = Buffer.from(secret);
  return {
    raw: secret,
    'as JSON': JSON.stringify(secret).slice(1, -1),
    'as JSON in JSON': JSON.stringify(JSON.stringify(secret)).slice(3, -3),
    'URL-encoded': encodeURIComponent(secret),
    'as a form': new URLSearchParams({s: secret}).toString().slice(2),
    'as base64': bytes.toString('base64').replace(/=+$/, ''),
    'as base64url': bytes.toString('base64url'),
    'as hex': bytes.toString('hex'),
    'as HTML': secret
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;'),
    'quoted for SQL': secret.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('"', '\\"'),
    'quoted for a shell': secret.replaceAll("'", "'\\''"),
    'its longest line':
      secret.split('\n').sort((one, other) => other.length - one.length)[0] ?? secret,
  };
}
