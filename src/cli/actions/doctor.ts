import {execFile} from 'node:child_process';
import {accessSync, constants, mkdirSync} from 'node:fs';
import {promisify} from 'node:util';
import {proxySettings} from '../../inventory/proxies.ts';
import {durationText} from '../../model/duration.ts';
import {hintText} from '../../model/hint.ts';
import {SwitcharooError} from '../../model/problem.ts';
import {entriesOfLongRun, refuseWithoutRoom} from '../../run/disk-room.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {targetKinds} from '../../run/step-library.ts';
import {version} from '../../version.ts';
import type {App} from '../app.ts';
import {printDocument} from '../print-document.ts';
import {doctorText, type MachineCheck} from './doctor-text.ts';
import {loadLab} from './lab-package.ts';

const run = promisify(execFile);
const commandLimitMs = 5_000;

/** Checks this machine for what a run needs. */
export async function examine(app: App): Promise<ExitCode> {
  const checks: readonly MachineCheck[] = [
    node(),
    platform(),
    await ssh(),
    await labServer(),
    await dumpClient(),
    credentials(),
    await clock(),
    await clockOfAws(),
    proxies(),
    stateFolder(app),
    terminal(app),
  ];
  const isFit = checks.every(({ok}) => ok);
  if (app.json) {
    printDocument(app, 'doctor', {version, checks, next: isFit ? [] : [app.paste('doctor')]});
  } else {
    app.print(doctorText(version, checks, app));
  }
  return isFit ? exitCodes.done : exitCodes.blocked;
}

function node(): MachineCheck {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const ok = major > 20 || (major === 20 && minor >= 19);
  const isOld = major < 22;
  return {
    check: 'node',
    result: `${process.versions.node}${ok && isOld ? ' (the AWS SDK will soon need 22)' : ''}`,
    ok,
    ...(ok ? {} : {hint: 'Install Node 20.19 or newer.'}),
  };
}

/** The lab's MySQL 5.6 is a program for Linux on x64; its hosts have addresses of 127.0.0.0/8, and /proc. */
export function platform(on: string = process.platform, arch: string = process.arch): MachineCheck {
  const hasLab = on === 'linux' && arch === 'x64';
  const hint = `Everything but the lab works here: only "rehearse", "drill" and "lab" need Linux on x64, for MySQL 5.6.`;
  return {check: 'platform', result: `${on} ${arch}`, ok: true, ...(hasLab ? {} : {hint})};
}

async function ssh(): Promise<MachineCheck> {
  const client = await outputOf('ssh', ['-V']);
  return client === undefined
    ? {check: 'ssh', result: 'not found', ok: false, hint: 'Install the OpenSSH client.'}
    : {check: 'ssh', result: client, ok: true};
}

/** Only rehearsals need one. */
async function labServer(): Promise<MachineCheck> {
  const check = 'mysqld for the lab';
  try {
    const {findServer} = await loadLab();
    const {command} = await findServer();
    return {check, result: command, ok: true};
  } catch (error) {
    const needed = 'Only "rehearse", "drill" and "lab" need it.';
    const how = error instanceof SwitcharooError ? ` ${hintText(error.problem.hint)}` : '';
    return {check, result: (error as Error).message, ok: true, hint: `${needed}${how}`};
  }
}

/** Only the first copy needs one, and it must suit the server: a plan shows whether it does. */
async function dumpClient(): Promise<MachineCheck> {
  const check = 'dump client';
  const client =
    (await outputOf('mysqldump', ['--version'])) ?? (await outputOf('mariadb-dump', ['--version']));
  const needed = "MySQL's own mysqldump, on the PATH or in clientFolder of the replica's entry";
  if (client === undefined) {
    return {check, result: 'not found', ok: true, hint: `aurora.seed needs one: ${needed}.`};
  }
  return /mariadb/i.test(client)
    ? {
        check,
        result: client,
        ok: true,
        hint: `It dumps MariaDB; for MySQL, aurora.seed needs ${needed}.`,
      }
    : {check, result: client, ok: true};
}

/** Where the SDK looks for credentials. A plan shows whether AWS accepts them. */
function credentials(): MachineCheck {
  const {AWS_ACCESS_KEY_ID, AWS_PROFILE, AWS_WEB_IDENTITY_TOKEN_FILE} = process.env;
  const result = AWS_ACCESS_KEY_ID
    ? 'from the environment'
    : AWS_PROFILE
      ? `profile ${AWS_PROFILE}`
      : AWS_WEB_IDENTITY_TOKEN_FILE
        ? 'from a web identity token'
        : 'none in the environment; the default profile or the instance role, if there is one';
  const isNamed = AWS_ACCESS_KEY_ID ?? AWS_PROFILE ?? AWS_WEB_IDENTITY_TOKEN_FILE;
  return {check: 'AWS credentials', result, ok: true, unknown: !isNamed};
}

/** Signatures and journals need the right time. */
async function clock(): Promise<MachineCheck> {
  const answer = await outputOf('timedatectl', ['show', '-p', 'NTPSynchronized', '--value']);
  const ok = answer !== 'no';
  const state =
    answer === 'yes' ? 'synchronised' : ok ? 'synchronisation unknown' : 'not synchronised';
  return {
    check: 'clock',
    result: `${new Date().toISOString()}, ${state}`,
    ok,
    unknown: answer !== 'yes' && ok,
    ...(ok
      ? {}
      : {hint: 'Turn on time synchronisation: AWS refuses signatures that are 5 minutes off.'}),
  };
}

/** What the machine's own synchronisation cannot know: whether AWS has the same time. */
async function clockOfAws(): Promise<MachineCheck> {
  const check = "AWS's clock";
  const kinds = await targetKinds();
  const ask = kinds.flatMap(({clockAheadMs}) => clockAheadMs ?? [])[0];
  try {
    const aheadMs = (await ask?.(AbortSignal.timeout(commandLimitMs))) ?? 0;
    const seconds = Math.round(Math.abs(aheadMs) / 1_000);
    const isRight = seconds < 60;
    const side = aheadMs > 0 ? 'behind' : 'ahead of';
    return {
      check,
      result: isRight
        ? 'this machine has the same time'
        : `this machine is ${durationText(seconds * 1_000)} ${side} AWS`,
      ok: true,
      ...(isRight
        ? {}
        : {hint: "Set the clock. Until then requests are signed with AWS's time, and work."}),
    };
  } catch (error) {
    const {name, message, code = ''} = error as Error & {readonly code?: string};
    const result = `not checked: AWS does not answer (${message || code || name})`;
    return {check, result, ok: true, unknown: true};
  }
}

/** Through which proxies this machine reaches AWS and the site. */
function proxies(): MachineCheck {
  const settings = proxySettings();
  const result = settings.map(({name, value}) => `${name} ${value}`).join(', ');
  return {check: 'proxies', result: result || 'none in the environment', ok: true};
}

function stateFolder({state}: App): MachineCheck {
  const check = 'state folder';
  try {
    mkdirSync(state.path, {recursive: true, mode: 0o700});
    accessSync(state.path, constants.R_OK | constants.W_OK | constants.X_OK);
    refuseWithoutRoom({state}, 'none', entriesOfLongRun);
    const freeMb = Math.floor(state.disk.space(state.path).freeBytes / 1024 ** 2);
    const result = `${state.path}, ${state.runs().length} runs, ${freeMb} MB free`;
    return {check, result, ok: true};
  } catch (error) {
    if (error instanceof SwitcharooError) {
      const {message, hint} = error.problem;
      return {check, result: message, ok: false, hint: hintText(hint)};
    }
    const hint = 'Name another folder with --state-dir, or fix its permissions.';
    return {check, result: (error as Error).message, ok: false, hint};
  }
}

function terminal({terminal: isThere}: App): MachineCheck {
  const inside = process.env['TMUX'] || process.env['STY'];
  const remote = process.env['SSH_CONNECTION'];
  return {
    check: 'terminal',
    result: isThere
      ? inside
        ? 'yes, inside tmux or screen'
        : 'yes'
      : 'none: nothing can be asked here',
    ok: true,
    ...(isThere && remote && !inside
      ? {hint: 'Start tmux first: the run survives a lost ssh, and you can attach to it again.'}
      : {}),
  };
}

async function outputOf(command: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const {stdout, stderr} = await run(command, [...args], {timeout: commandLimitMs});
    return (stdout || stderr).trim();
  } catch {
    return undefined;
  }
}
