import {fileURLToPath} from 'node:url';

/** The command that runs one of the lab's own programs: compiled where the lab is, from its source in a test. */
export function programOf(path: string): readonly [string, ...string[]] {
  const isSource = import.meta.url.endsWith('.ts');
  const file = fileURLToPath(new URL(`./${path}.${isSource ? 'ts' : 'js'}`, import.meta.url));
  return isSource
    ? [
        process.execPath,
        '--conditions=switcharoo-source',
        '--import',
        import.meta.resolve('tsx'),
        file,
      ]
    : [process.execPath, file];
}
