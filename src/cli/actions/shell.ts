import {spawn} from 'node:child_process';
import type {Entrance} from '../../model/target.ts';
import type {ExitCode} from '../../run/exit-codes.ts';
import {entranceTo} from '../../run/service-entrance.ts';
import type {App} from '../app.ts';
import {listenToSignals} from '../signals.ts';

interface Shell {
  readonly command: readonly string[];
  readonly where: {readonly task: string | undefined; readonly container: string | undefined};
}

/** Opens a shell inside a target, or runs a command there. The session is not journaled. */
export async function openShell(
  app: App,
  request: {readonly service: string; readonly inventory: string},
  shell: Shell,
): Promise<ExitCode> {
  const signals = listenToSignals(app.say);
  let entrance: Entrance;
  try {
    entrance = await entranceTo(app, request, {...shell, signal: signals.stopping});
  } finally {
    signals.dispose();
  }
  app.say(`into ${entrance.leadsTo}`);
  return runInTerminal(entrance);
}

/** The program has the terminal until it ends; Ctrl-C is for what runs inside. */
function runInTerminal({program, args, env}: Entrance): Promise<ExitCode> {
  const ignore = () => {};
  process.on('SIGINT', ignore);
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {stdio: 'inherit', env: {...process.env, ...env}});
    child.once('error', reject);
    child.once('exit', (code) => {
      process.off('SIGINT', ignore);
      // Another program may end with any exit code.
      resolve((code ?? 1) as ExitCode);
    });
  });
}
