import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {type Mutant, mutants} from './mutant-list.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The quick tests first: what they find needs no long ones. */
const rounds: readonly (readonly string[])[] = [
  ['test/journal', 'test/engine'],
  ['test/crash', 'test/simulation'],
];

export interface MutantResult {
  readonly without: string;
  /** The first test that turned red. */
  readonly foundBy: string | undefined;
  readonly seconds: number;
  readonly problems: readonly string[];
}

/** Takes one safeguard after the other out of a copy of the sources: each time a test must turn red. */
export async function drillMutants(
  names: readonly string[],
  say: (text: string) => void,
): Promise<readonly MutantResult[]> {
  const copy = copyOfSources();
  try {
    const none = await foundIn(copy);
    if (none !== undefined) {
      throw new Error(`with every safeguard in its place a test is red: ${none}`);
    }
    const results: MutantResult[] = [];
    for (const mutant of mutants.filter(({without}) => isNamed(without, names))) {
      const result = await tryWithout(mutant, copy);
      results.push(result);
      say(textOf(result));
    }
    return results;
  } finally {
    rmSync(copy, {recursive: true, force: true});
  }
}

const isNamed = (without: string, names: readonly string[]): boolean =>
  names.length === 0 || names.some((name) => without.includes(name));

const textOf = ({without, foundBy, seconds}: MutantResult): string =>
  `without ${without}: ${foundBy === undefined ? 'FAILED, every test is green' : `red, ${foundBy}`} (${seconds.toFixed(0)} s)`;

async function tryWithout(mutant: Mutant, copy: string): Promise<MutantResult> {
  const path = join(copy, mutant.file);
  const whole = readFileSync(path, 'utf8');
  const parts = whole.split(mutant.from);
  if (parts.length !== 2) {
    throw new Error(
      `${mutant.file} has "${mutant.from}" ${parts.length - 1} times: mend the list of mutants`,
    );
  }
  const began = performance.now();
  writeFileSync(path, parts.join(mutant.to));
  try {
    const foundBy = await foundIn(copy);
    const seconds = (performance.now() - began) / 1_000;
    const problems = foundBy === undefined ? [`nothing turns red without ${mutant.without}`] : [];
    return {without: mutant.without, foundBy, seconds, problems};
  } finally {
    writeFileSync(path, whole);
  }
}

/** The files that git knows, beside the packages that are installed here. */
function copyOfSources(): string {
  const copy = mkdtempSync(join(tmpdir(), 'switcharoo-mutants-'));
  const files = execFileSync('git', ['ls-files', '-z'], {cwd: root, encoding: 'utf8'});
  for (const file of files.split('\0').filter(Boolean)) {
    cpSync(join(root, file), join(copy, file), {recursive: true});
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

async function foundIn(copy: string): Promise<string | undefined> {
  for (const files of rounds) {
    const found = await firstRed(copy, files);
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}

interface Told {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {readonly status: string; readonly fullName: string}[];
  }[];
}

async function firstRed(copy: string, files: readonly string[]): Promise<string | undefined> {
  const told = join(copy, 'told.json');
  rmSync(told, {force: true});
  const vitest = join(copy, 'node_modules', 'vitest', 'vitest.mjs');
  const words = [vitest, 'run', ...files, '--bail', '1', '--reporter', 'json'];
  const run = spawn(process.execPath, [...words, '--outputFile', told], {
    cwd: copy,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  run.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  await once(run, 'close');
  const {testResults} = JSON.parse(readOr(told, errors)) as Told;
  const red = testResults.flatMap(({name, status, message, assertionResults}) => {
    const failed = assertionResults.filter((one) => one.status === 'failed');
    const file = name.replace(`${copy}/`, '');
    // Tests that are made while their file is loaded may fail there.
    const loading = status === 'failed' && failed.length === 0 ? [message] : [];
    return [...failed.map(({fullName}) => fullName), ...loading].map((test) => `${file}: ${test}`);
  });
  return red[0]?.split('\n')[0];
}

/** A mutant that does not compile shows nothing. */
function readOr(path: string, errors: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Error(`the tests of ${dirname(path)} did not run: ${errors}`, {cause});
  }
}
