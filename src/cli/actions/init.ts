import {
  constants,
  copyFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import {basename, dirname, join, relative, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {shellWord} from '../../model/hint.ts';
import {type Problem, SwitcharooError} from '../../model/problem.ts';
import {nextText} from '../../report/index.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {packageRoot} from '../../version.ts';
import type {App} from '../app.ts';
import {printDocument} from '../print-document.ts';
import {lacksOf, manifestFor} from './project-manifest.ts';

interface ProjectFile {
  readonly file: string;
  readonly text: string;
}

/** Makes a project in a folder. A file that is there is never changed, so it can be run again. */
export function initProject(app: App, folder: string): ExitCode {
  const place = resolve(folder);
  const files = projectFiles(basename(place));
  const written = files.filter((file) => isWritten(place, file)).map(({file}) => file);
  const kept = files.map(({file}) => file).filter((file) => !written.includes(file));
  const next = nextIn(place, kept.includes('package.json'));
  if (app.json) {
    const commands = next.map(({command}) => command);
    printDocument(app, 'project', {folder: place, written, kept, next: commands});
    return exitCodes.done;
  }
  const list = (title: string, names: readonly string[]) =>
    names.length === 0 ? [] : [app.paint.bold(title), ...names.map((name) => `  ${name}`), ''];
  const lines = [
    ...list(`Written in ${place}`, written),
    ...list('Left as they were', kept),
    app.paint.bold('Next'),
    ...nextText(next, app, '  '),
  ];
  app.print(lines.join('\n'));
  return exitCodes.done;
}

function nextIn(place: string, hasManifest: boolean) {
  const folder = relative(process.cwd(), place);
  return [
    ...(folder === '' ? [] : [{command: `cd ${shellWord(folder)}`, what: 'the project'}]),
    ...(hasManifest ? lacksOf(place) : []),
    {command: 'npm install', what: 'switcharoo, the lab, and what tests need'},
    {command: 'npx switcharoo rehearse', what: 'the whole cutover in the lab'},
    {command: 'npm test', what: 'the types, and the laws of your step'},
    {command: 'npx switcharoo fleet rehearse', what: 'each runbook of waves.ts, forward and back'},
    {
      command: 'npx switcharoo plan our-cutover -i staging',
      what: 'with your values in staging.yaml',
    },
  ];
}

/** Every file of a new project, by its path in it. */
function projectFiles(name: string): readonly ProjectFile[] {
  const templates = fileURLToPath(new URL('templates/project/', packageRoot));
  const copied = readdirSync(templates, {recursive: true, withFileTypes: true})
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({
      // npm leaves files with a leading dot out of a package, or reads them.
      file: relative(templates, path).replace(/^(github\/|gitignore$)/, '.$1'),
      text: readFileSync(path, 'utf8'),
    }));
  const files = [
    {file: 'package.json', text: manifestFor(name)},
    {file: 'inventories/staging.yaml', text: stagingInventory()},
    ...copied,
  ];
  return files.sort((a, b) => (a.file < b.file ? -1 : 1));
}

/** The example that the package ships, with what the project's runbook needs beside. */
function stagingInventory(): string {
  const example = readFileSync(new URL('inventories/staging.example.yaml', packageRoot), 'utf8');
  const [, fields = ''] = /^(?:#.*\n)*([\s\S]*)$/.exec(example) ?? [];
  const notice = '  notice: "Staging is moving. Change nothing here.\\n"';
  return `# yaml-language-server: $schema=../node_modules/switcharoo/schemas/inventory.json
# Staging: put your own values in. production.example.yaml in node_modules/switcharoo/inventories explains each field.
${fields.replace(/^params:\n/m, `params:\n  # Of steps/post-notice.ts.\n${notice}\n`)}`;
}

/** False: there is such a file. A file is whole, or not there, wherever this process dies. */
function isWritten(place: string, {file, text}: ProjectFile): boolean {
  const path = join(place, file);
  const draft = `${path}.${process.pid}`;
  try {
    mkdirSync(dirname(path), {recursive: true});
    return isPlaced(draft, path, text);
  } catch (cause) {
    const {code = ''} = cause as NodeJS.ErrnoException;
    throw new SwitcharooError(projectNotWritten(path, code), {cause});
  }
}

function isPlaced(draft: string, path: string, text: string): boolean {
  try {
    writeFileSync(draft, text);
    linkSync(draft, path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') {
      return false;
    }
    // A file system without hard links.
    copyFileSync(draft, path, constants.COPYFILE_EXCL);
  } finally {
    rmSync(draft, {force: true});
  }
  return true;
}

const projectNotWritten = (path: string, cause: string): Problem => ({
  code: 'project-not-written',
  message: `${path} cannot be written: ${cause}.`,
  hint: 'Name another folder, or fix its permissions, then repeat the command: it overwrites nothing.',
});
