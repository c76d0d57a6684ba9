import {execFile} from 'node:child_process';
import {access, constants} from 'node:fs/promises';
import {delimiter, join} from 'node:path';
import {promisify} from 'node:util';
import type {Version} from '../dialect/version.ts';
import type {ClientBrand} from './option-file.ts';

/** The two clients of one package: one loads what the other dumps. */
export interface CopyPrograms {
  /** `mysqldump 8.4.3`, as a plan shows it. */
  readonly name: string;
  readonly brand: ClientBrand;
  readonly dump: string;
  readonly load: string;
}

/** The clients on this machine, and the one that can dump the server. */
export interface AvailablePrograms {
  readonly suitable: CopyPrograms | null;
  /** All dump clients, with their versions. */
  readonly available: readonly string[];
}

const pairs = [
  {dump: 'mysqldump', load: 'mysql'},
  {dump: 'mariadb-dump', load: 'mariadb'},
] as const;

/** Searches only `folder`, if there is one, else the PATH. */
export async function findPrograms(
  server: Version,
  folder: string | undefined,
): Promise<AvailablePrograms> {
  const path = folder ?? process.env['PATH'] ?? '';
  const candidates: Candidate[] = [];
  for (const pair of pairs) {
    const [dump, load] = [await programIn(path, pair.dump), await programIn(path, pair.load)];
    const candidate = dump && load ? await candidateOf(pair.dump, dump, load) : undefined;
    candidates.push(...(candidate ? [candidate] : []));
  }
  const usable = candidates.filter((candidate) => canDump(candidate, server));
  // MariaDB's own tools dump what MySQL's do not, such as sequences.
  const own = usable.find(({brand}) => server.isMariaDb === (brand === 'mariadb'));
  return {suitable: own ?? usable[0] ?? null, available: candidates.map(({name}) => name)};
}

interface Candidate extends CopyPrograms {
  readonly version: Version;
}

/**
 * MariaDB's dump client queries a column that MySQL 5.6 does not have (errno 1054), and dumps generated columns of
 * later
 * versions as values, which the load refuses (errno 3105). MySQL's own supports servers of its version and older.
 */
function canDump({brand, version}: Candidate, server: Version): boolean {
  return server.isMariaDb || (brand === 'mysql' && version.series >= server.series);
}

/**
 * `Ver 9.7.4`, `Ver 10.13 Distrib 5.7.44`, `Ver 10.19 Distrib 10.11.6-MariaDB`, `from 11.8.3-MariaDB, client 10.19`.
 */
export function clientVersionOf(output: string): Version | undefined {
  const [, text] = /(?:Distrib|from|Ver) (\d+\.\d+\.\d+[^\s,]*)/.exec(output) ?? [];
  const [major = 0, minor = 0] = (text ?? '').split('.').map(Number);
  return text === undefined
    ? undefined
    : {text, isMariaDb: /mariadb/i.test(output), series: major * 100 + minor};
}

async function candidateOf(
  name: string,
  dump: string,
  load: string,
): Promise<Candidate | undefined> {
  const output = await run(dump, ['--version'], {timeout: versionLimitMs}).then(
    ({stdout}) => stdout,
    () => '',
  );
  const version = clientVersionOf(output);
  if (!version) {
    return undefined;
  }
  // Debian's mysqldump is MariaDB's under another name.
  const brand = version.isMariaDb ? 'mariadb' : 'mysql';
  return {name: `${name} ${version.text}`, brand, dump, load, version};
}

async function programIn(path: string, name: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter).filter(Boolean)) {
    const file = join(folder, name);
    const isThere = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) {
      return file;
    }
  }
  return undefined;
}

const run = promisify(execFile);
const versionLimitMs = 5_000;
