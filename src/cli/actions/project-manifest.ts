import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {shellWord} from '../../model/hint.ts';
import type {NextCommand} from '../../report/index.ts';
import {packageRoot, version} from '../../version.ts';

type Names = Readonly<Record<string, string>>;

interface Manifest {
  readonly type?: string;
  readonly scripts?: Names;
  readonly dependencies?: Names;
  readonly devDependencies?: Names;
}

const scripts = {test: 'tsc && vitest run', rehearse: 'switcharoo rehearse'};

/** The package.json of a new project, in the folder of this name. */
export const manifestFor = (folder: string): string =>
  `${JSON.stringify({name: packageName(folder), private: true, type: 'module', scripts, ...needed()}, null, 2)}\n`;

/** https://docs.npmjs.com/cli/v10/configuring-npm/package-json#name */
const packageName = (folder: string): string =>
  folder
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+/, '') || 'our-cutover';

/** What a package.json that was there lacks, as commands that add it. */
export function lacksOf(place: string): readonly NextCommand[] {
  const is = manifestIn(join(place, 'package.json'));
  const {dependencies, devDependencies} = needed();
  const has = {...is.dependencies, ...is.devDependencies};
  const missing = (names: Names) =>
    Object.entries(names)
      .filter(([name]) => !(name in has))
      .map(([name, range]) => shellWord(`${name}@${range}`));
  const settings = [
    ...(is.type === 'module' ? [] : ['type=module']),
    ...(is.scripts?.['test'] && !is.scripts['test'].includes('no test specified')
      ? []
      : [`scripts.test=${shellWord(scripts.test)}`]),
  ];
  const [runtime, tools] = [missing(dependencies), missing(devDependencies)];
  return [
    ...(settings.length === 0
      ? []
      : [{command: `npm pkg set ${settings.join(' ')}`, what: 'package.json lacks it'}]),
    ...(runtime.length === 0
      ? []
      : [{command: `npm install ${runtime.join(' ')}`, what: 'package.json lacks it'}]),
    ...(tools.length === 0
      ? []
      : [{command: `npm install --save-dev ${tools.join(' ')}`, what: 'package.json lacks it'}]),
  ];
}

/** The ranges that this package is tested with. */
function needed() {
  const {dependencies = {}, devDependencies = {}} = manifestIn(
    new URL('package.json', packageRoot),
  );
  const all = {...devDependencies, ...dependencies};
  const rangesOf = (...names: readonly string[]): Names =>
    Object.fromEntries(names.flatMap((name) => (all[name] ? [[name, all[name]]] : [])));
  return {
    dependencies: {switcharoo: `^${version}`, ...rangesOf('zod')},
    devDependencies: {
      '@switcharoo/lab': `^${version}`,
      ...rangesOf('@types/node', 'typescript', 'vitest'),
    },
  };
}

function manifestIn(file: string | URL): Manifest {
  try {
    const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof manifest === 'object' && manifest !== null ? manifest : {};
  } catch {
    return {};
  }
}
