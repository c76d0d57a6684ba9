import {execFileSync} from 'node:child_process';
import {fileURLToPath} from 'node:url';

/** The command line runs compiled: once, before many tests start it at the same time. */
export function setup(): void {
  execFileSync(process.execPath, [fileURLToPath(new URL('../bin/build.mjs', import.meta.url))], {
    stdio: 'inherit',
  });
}
