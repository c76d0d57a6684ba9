import {readdirSync, readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join, resolve} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import {compiledRunbook} from '../inventory/compile-runbook.ts';
import {ownCodeNotLoaded} from '../inventory/problems.ts';
import type {Problem} from '../model/problem.ts';
import type {AnyUnit} from '../model/step.ts';
import type {TargetKind} from '../model/target.ts';
import {messageOf} from '../model/thrown.ts';
import {packageRoot} from '../version.ts';
import {isTargetKind, isUnit} from './step-library.ts';

/** What a project has beside the steps of this package. */
interface OwnLibrary {
  readonly units: readonly AnyUnit[];
  readonly kinds: readonly TargetKind[];
  /** What could not be loaded: the rest is there all the same. */
  readonly problems: readonly Problem[];
}

/**
 * The steps, gates and kinds of target of the project in a folder: those that the files below its `steps/` export, and
 * those of its plugins, which are the packages named `switcharoo-…` among its dependencies.
 */
export async function ownLibrary(folder = '.'): Promise<OwnLibrary> {
  const modules = [...filesOf(folder), ...pluginsOf(folder)];
  const loaded = await Promise.all(
    modules.map(async ({name, url}) => {
      try {
        const module = (await import(await url())) as Readonly<Record<string, unknown>>;
        return {values: Object.values(module), problems: []};
      } catch (cause) {
        return {values: [], problems: [ownCodeNotLoaded(name, messageOf(cause))]};
      }
    }),
  );
  const values = [...new Set(loaded.flatMap((each) => each.values))];
  return {
    units: values.filter(isUnit),
    kinds: values.filter(isTargetKind),
    problems: loaded.flatMap((each) => each.problems),
  };
}

interface Module {
  /** As its author knows it. */
  readonly name: string;
  url(): Promise<string>;
}

function filesOf(folder: string): readonly Module[] {
  const steps = join(folder, 'steps');
  if (resolve(steps) === fileURLToPath(new URL('steps', packageRoot))) {
    return [];
  }
  return entriesOf(steps)
    .filter((file) => /(?<!\.test|\.d)\.ts$/.test(file))
    .sort()
    .map((file) => ({name: join(steps, file), url: () => compiledRunbook(resolve(steps, file))}));
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder, {recursive: true, encoding: 'utf8'});
  } catch {
    return [];
  }
}

const plugin = /^(?:@[\w.-]+\/)?switcharoo-[\w.-]+$/;

function pluginsOf(folder: string): readonly Module[] {
  const file = resolve(folder, 'package.json');
  const {resolve: pathOf} = createRequire(file);
  return dependenciesIn(file)
    .filter((name) => plugin.test(name))
    .map((name) => ({name, url: async () => pathToFileURL(pathOf(name)).href}));
}

function dependenciesIn(file: string): readonly string[] {
  try {
    const {dependencies = {}, devDependencies = {}} = JSON.parse(readFileSync(file, 'utf8'));
    return Object.keys({...dependencies, ...devDependencies}).sort();
  } catch {
    return [];
  }
}
