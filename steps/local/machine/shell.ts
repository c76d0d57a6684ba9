import {tmpdir, userInfo} from 'node:os';
import {join} from 'node:path';
import {env} from 'node:process';
import {SwitcharooError} from '../../../src/index.ts';
import {type CommandShell, IdleShells, ownShell} from '../../hosts/index.ts';
import {localScriptFailed, localScriptTimeout} from './problems.ts';

interface LocalShell extends CommandShell {
  close(): void;
}

/** /bin/sh on this machine. What a command leaves while it runs is below a folder of this account's own. */
export function localShell(name: string): LocalShell {
  const shells = new IdleShells(ownShell);
  return {
    name,
    root: '',
    keep: join(env['XDG_RUNTIME_DIR'] || tmpdir(), `switcharoo-${userInfo().uid}`),
    run: (script, signal, limitMs) => runScript(shells, script, signal, limitMs),
    close: () => shells.close(),
  };
}

async function runScript(
  shells: IdleShells,
  script: string,
  signal: AbortSignal,
  limitMs = 20_000,
): Promise<string> {
  signal.throwIfAborted();
  const limit = AbortSignal.timeout(limitMs);
  const either = AbortSignal.any([signal, limit]);
  const {code, started, stdout, stderr} = await shells
    .with((shell) => shell.run(script, either, () => {}))
    .catch((error) => {
      signal.throwIfAborted();
      throw limit.aborted ? new SwitcharooError(localScriptTimeout(limitMs)) : error;
    });
  signal.throwIfAborted();
  // Without an answer nothing is known of the command.
  if (code !== 0 || !started) {
    throw new SwitcharooError(localScriptFailed(code, stderr.trim().split('\n').at(-1) ?? ''));
  }
  return stdout;
}
