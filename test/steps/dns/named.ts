import {type ChildProcess, spawn, spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {pickPort} from '../../../lab/network.ts';
import {exchange} from '../../../steps/name-servers/wire/exchange.ts';
import {rcodeOf} from '../../../steps/name-servers/wire/rcodes.ts';
import {endWithTest} from '../../end-with-test.ts';

/** BIND's name server, where this machine has it (Debian's bind9). */
export const hasNamed = spawnSync('named', ['-v']).status === 0;
if (!hasNamed) {
  console.warn(
    'named is not installed: what is tried with BIND is skipped here. apt-get install bind9',
  );
}

export interface NamedZone {
  readonly name: string;
  /** A zone file. */
  readonly text: string;
  /** Further clauses of its zone statement. */
  readonly clauses?: string;
}

export interface Named {
  readonly address: string;
  readonly port: number;
  /** `address:port`. */
  readonly at: string;
  readonly directory: string;
  /** What it has logged. */
  readonly log: () => string;
  stop(): Promise<void>;
}

/** Starts a name server in a folder of its own; gives it back once it answers. */
export async function startNamed({
  zones,
  address = '127.0.0.1',
  port: wanted,
  options = 'recursion no; dnssec-validation no;',
  clauses = '',
  files = {},
  asks = {name: zones[0]?.name ?? '.', type: 'SOA'},
}: {
  readonly zones: readonly NamedZone[];
  readonly address?: string;
  readonly port?: number;
  readonly options?: string;
  readonly clauses?: string;
  /** Beside its configuration, by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** What it is asked until it answers. */
  readonly asks?: {readonly name: string; readonly type: string};
}): Promise<Named> {
  const directory = mkdtempSync(join(tmpdir(), 'switcharoo-named-'));
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(directory, name), text);
  }
  for (let tries = 0; ; tries += 1) {
    const port = wanted ?? (await pickPort(address));
    writeConfiguration({directory, address, port, options, clauses, zones});
    const child = spawn('named', ['-g', '-n', '1', '-c', join(directory, 'named.conf')], {
      cwd: directory,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    endWithTest(child);
    let log = '';
    child.stderr.on('data', (text) => {
      log += text;
    });
    const at = `${address}:${port}`;
    if (await answers(child, at, asks)) {
      const stop = async () => {
        await ended(child);
        rmSync(directory, {recursive: true, force: true});
      };
      return {address, port, at, directory, log: () => log, stop};
    }
    await ended(child);
    if (tries === 2) {
      rmSync(directory, {recursive: true, force: true});
      throw new Error(`named does not answer: ${log.slice(-2_000)}`);
    }
  }
}

function writeConfiguration(given: {
  directory: string;
  address: string;
  port: number;
  options: string;
  clauses: string;
  zones: readonly NamedZone[];
}): void {
  const {directory, address, port, options, clauses, zones} = given;
  const statements = zones.map(({name, text, clauses: more = ''}, index) => {
    writeFileSync(join(directory, `zone-${index}`), text);
    return `zone "${name}" { type primary; file "zone-${index}"; ${more} };`;
  });
  writeFileSync(
    join(directory, 'named.conf'),
    `options {
  directory "${directory}"; pid-file "named.pid"; session-keyfile "session.key";
  managed-keys-directory "${directory}"; key-directory "${directory}";
  port ${port}; listen-on port ${port} { ${address}; }; listen-on-v6 { none; };
  query-source address ${address};
  notify no; allow-transfer { none; }; empty-zones-enable no;
  ${options}
};
controls {};
${clauses}
${statements.join('\n')}
`,
  );
}

async function answers(
  child: ChildProcess,
  at: string,
  asks: {name: string; type: string},
): Promise<boolean> {
  for (let tries = 0; tries < 200 && child.exitCode === null; tries += 1) {
    const reply = await exchange(at, asks, {
      recursive: true,
      signal: new AbortController().signal,
      timeoutMs: 1_000,
    }).catch(() => undefined);
    if (reply && rcodeOf(reply) === 'NOERROR') {
      return true;
    }
    await sleep(50);
  }
  return false;
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve();
    } else {
      child.once('exit', () => resolve());
      child.kill('SIGKILL');
    }
  });
}
