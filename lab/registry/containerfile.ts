import {lstatSync, readdirSync, readFileSync} from 'node:fs';
import {basename, join, posix, relative, resolve} from 'node:path';
import type {TarEntry} from './tar.ts';

/** What a Containerfile makes, before it is packed. */
interface Built {
  /** One for each COPY. */
  readonly layers: readonly (readonly TarEntry[])[];
  readonly config: {
    readonly Env: readonly string[];
    readonly Labels: Readonly<Record<string, string>>;
    readonly Cmd?: readonly string[];
    readonly Entrypoint?: readonly string[];
    readonly WorkingDir?: string;
  };
}

const nothing: Built = {
  layers: [],
  config: {Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], Labels: {}},
};

/** Reads a Containerfile that runs nothing: FROM scratch, COPY, ENV, LABEL, WORKDIR, EXPOSE, CMD and ENTRYPOINT. */
export function buildFrom(text: string, context: string): Built {
  const lines = text
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  return lines.reduce((built, line) => withLine(built, line, context), nothing);
}

function withLine(built: Built, line: string, context: string): Built {
  const [, instruction = '', rest = ''] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
  const {layers, config} = built;
  switch (instruction.toUpperCase()) {
    case 'FROM':
      if (rest !== 'scratch') {
        throw new Error(`this builder knows no image to begin with but scratch, not ${rest}`);
      }
      return built;
    case 'COPY':
      return {...built, layers: [...layers, copied(rest, context)]};
    case 'ENV':
      return {...built, config: {...config, Env: [...config.Env, rest]}};
    case 'LABEL':
      return {...built, config: {...config, Labels: {...config.Labels, ...pairOf(rest)}}};
    case 'WORKDIR':
      return {...built, config: {...config, WorkingDir: rest}};
    case 'CMD':
      return {...built, config: {...config, Cmd: JSON.parse(rest)}};
    case 'ENTRYPOINT':
      return {...built, config: {...config, Entrypoint: JSON.parse(rest)}};
    case 'EXPOSE':
      return built;
    default:
      throw new Error(`this builder does not know the instruction ${instruction}`);
  }
}

export function pairOf(text: string): Readonly<Record<string, string>> {
  const at = text.indexOf('=');
  return {[text.slice(0, at)]: text.slice(at + 1).replace(/^"(.*)"$/, '$1')};
}

function copied(rest: string, context: string): readonly TarEntry[] {
  const words = rest.split(/\s+/);
  const to = words.pop() ?? '/';
  return words.flatMap((from) => {
    const source = resolve(context, from);
    if (relative(context, source).startsWith('..')) {
      throw new Error(`${from} is outside of the folder that is built`);
    }
    const isFolder = lstatSync(source).isDirectory();
    const into = to.endsWith('/') && !isFolder ? posix.join(to, basename(from)) : to;
    return entriesOf(source, into.replace(/^\/+|\/+$/g, ''));
  });
}

function entriesOf(source: string, path: string): readonly TarEntry[] {
  const stat = lstatSync(source);
  if (!stat.isDirectory()) {
    return [{path, mode: stat.mode & 0o777, content: readFileSync(source)}];
  }
  const inner = readdirSync(source)
    .filter((name) => name !== '.git')
    .sort()
    .flatMap((name) => entriesOf(join(source, name), posix.join(path, name)));
  const folder = {path: `${path}/`, mode: stat.mode & 0o777, content: new Uint8Array()};
  return path === '' || path === '.' ? inner : [folder, ...inner];
}
