import {execFile} from 'node:child_process';
import {access, constants} from 'node:fs/promises';
import {delimiter, join} from 'node:path';
import {promisify} from 'node:util';
import type {Version} from '../dialect/version.ts';
import type {ClientBrand} from './option-file.ts';

/** The two clients of one package: what one dumps, the other can load. */
export interface CopyPrograms {
  /** `mysqldump 8.4.3`, as a plan shows it. */
  readonly name: string;
  readonly brand: ClientBrand;
  readonly dump: string;
  readonly load: string;
}

/** What was found on this machine, and whether one of them can dump the server. */
export interface AvailablePrograms {
  readonly suitable: CopyPrograms | null;
  /** All dump clients, with their versions. */
  readonly available: readonly string[];
}

const pairs = [
  {dump: 'mysqldump', load: 'mysql'},
  {dump: 'mariadb-dump', load: 'mariadb'},
] as const;

/** Looks in `folder` alone, if there is one, or else on the PATH. */
export async function findPrograms(
  server: Version,
  folder: string | undefined,
): Promise<AvailablePrograms> {
  const path = folder ?? process.env['PATH'] ?? '';
  const found: Candidate[] = [];
  for (const pair of pairs) {
    const [dump, load] = [await programIn(path, pair.dump), await programIn(path, pair.load)];
    const candidate = dump && load ? await candidateOf(pair.dump, dump, load) : undefined;
    found.push(...(candidate ? [candidate] : []));
  }
  const suiting = found.filter((one) => suits(one, server));
  // MariaDB's own tools know what MySQL's do not: sequences, for one.
  const own = suiting.find(({brand}) => server.isMariaDb === (brand === 'mariadb'));
  return {suitable: own ?? suiting[0] ?? null, available: found.map(({name}) => name)};
}

interface Candidate extends CopyPrograms {
  readonly version: Version;
}

/**
 * MariaDB's dump client asks MySQL 5.6 for a column that is not there (errno 1054), and dumps generated columns of
 * newer
 * ones as values, which they refuse at the load (errno 3105). One of MySQL knows the servers that are not newer.
 */
function suits({brand, version}: Candidate, server: Version): boolean {
  return server.isMariaDb || (brand === 'mysql' && version.series >= server.series);
}

/**
 * `Ver 9.7.4`, `Ver 10.13 Distrib 5.7.44`, `Ver 10.19 Distrib 10.11.6-MariaDB`, `from 11.8.3-MariaDB, client 10.19`.
 */
export function clientVersionOf(says: string): Version | undefined {
  const [, text] = /(?:Distrib|from|Ver) (\d+\.\d+\.\d+[^\s,]*)/.exec(says) ?? [];
  const [major = 0, minor = 0] = (text ?? '').split('.').map(Number);
  return text === undefined
    ? undefined
    : {text, isMariaDb: /mariadb/i.test(says), series: major * 100 + minor};
}

async function candidateOf(
  name: string,
  dump: string,
  load: string,
): Promise<Candidate | undefined> {
  const says = await run(dump, ['--version'], {timeout: versionLimitMs}).then(
    ({stdout}) => stdout,
    () => '',
  );
  const version = clientVersionOf(says);
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
