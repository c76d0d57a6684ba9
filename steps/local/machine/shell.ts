import {spawn} from 'node:child_process';
import {tmpdir, userInfo} from 'node:os';
import {join} from 'node:path';
import {env} from 'node:process';
import {SwitcharooError} from '../../../src/index.ts';
import type {CommandShell} from '../../hosts/index.ts';
import {localScriptFailed, localScriptTimeout} from './problems.ts';

/** /bin/sh on this machine. What a command leaves while it runs is below a folder of this account's own. */
export const localShell = (name: string): CommandShell => ({
  name,
  root: '',
  keep: join(env['XDG_RUNTIME_DIR'] || tmpdir(), `switcharoo-${userInfo().uid}`),
  run: runScript,
});

async function runScript(script: string, signal: AbortSignal, limitMs = 20_000): Promise<string> {
  signal.throwIfAborted();
  const limit = AbortSignal.timeout(limitMs);
  const {code, stdout, stderr} = await ended(script, AbortSignal.any([signal, limit]));
  signal.throwIfAborted();
  if (limit.aborted) {
    throw new SwitcharooError(localScriptTimeout(limitMs));
  }
  if (code !== 0) {
    throw new SwitcharooError(localScriptFailed(code, stderr.trim().split('\n').at(-1) ?? ''));
  }
  return stdout;
}

interface ScriptEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

// Detached: Ctrl-C in the operator's terminal is for switcharoo, which then ends its children.
function ended(script: string, signal: AbortSignal): Promise<ScriptEnd> {
  return new Promise((resolve, reject) => {
    const shell = spawn('/bin/sh', ['-s'], {detached: true});
    const stop = () => shell.kill('SIGKILL');
    signal.addEventListener('abort', stop, {once: true});
    let [stdout, stderr] = ['', ''];
    shell.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    shell.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    shell.stdin.on('error', () => {});
    shell.once('error', reject);
    shell.once('exit', (code) => {
      signal.removeEventListener('abort', stop);
      // A command that is being ended may keep the pipes open a little longer.
      if (signal.aborted) {
        resolve({code, stdout, stderr});
      }
    });
    shell.once('close', (code) => resolve({code, stdout, stderr}));
    shell.stdin.end(`main() {\n${script}\n}\n( set -eu; main ) </dev/null\n`);
  });
}
