import {execFile} from 'node:child_process';
import {accessSync, constants, mkdirSync} from 'node:fs';
import {promisify} from 'node:util';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {version} from '../../version.ts';
import type {App} from '../app.ts';
import {doctorText} from '../doctor-text.ts';

export interface Finding {
  readonly what: string;
  readonly found: string;
  readonly well: boolean;
  /** Nothing here can tell. */
  readonly unknown?: boolean;
  /** What to do about it. */
  readonly hint?: string;
}

const run = promisify(execFile);
const commandLimitMs = 5_000;

/** Looks at this machine, and says what a night would stumble over. */
export async function doctorCommand(app: App): Promise<ExitCode> {
  const findings = [
    node(),
    await ssh(),
    await labServer(),
    await dumpClient(),
    credentials(),
    await clock(),
    stateFolder(app),
    terminal(app),
  ];
  app.print(app.json ? JSON.stringify({version, findings}) : doctorText(version, findings, app));
  return findings.every(({well}) => well) ? exitCodes.done : exitCodes.blocked;
}

function node(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const well = major > 20 || (major === 20 && minor >= 19);
  const old = major < 22;
  return {
    what: 'node',
    found: `${process.versions.node}${well && old ? ' (the AWS SDK will need 22 before long)' : ''}`,
    well,
    ...(well ? {} : {hint: 'Install Node 20.19 or newer.'}),
  };
}

async function ssh(): Promise<Finding> {
  const found = await outputOf('ssh', ['-V']);
  return found === undefined
    ? {what: 'ssh', found: 'not found', well: false, hint: 'Install the OpenSSH client.'}
    : {what: 'ssh', found, well: true};
}

/** Only rehearsals need one. */
async function labServer(): Promise<Finding> {
  try {
    const {findServer} = await import('../../../lab/mysql/find-server.ts');
    const {command} = await findServer();
    return {what: 'mysqld for the lab', found: command, well: true};
  } catch (error) {
    const hint = 'Without it only "rehearse" and "lab" do not work.';
    return {what: 'mysqld for the lab', found: (error as Error).message, well: true, hint};
  }
}

/** Only the first copy needs one, and then one that suits the server: a plan says whether it does. */
async function dumpClient(): Promise<Finding> {
  const what = 'dump client';
  const found =
    (await outputOf('mysqldump', ['--version'])) ?? (await outputOf('mariadb-dump', ['--version']));
  const wanted = "MySQL's own mysqldump, on the PATH or in clientFolder of the replica's entry";
  if (found === undefined) {
    return {what, found: 'not found', well: true, hint: `aurora.seed needs one: ${wanted}.`};
  }
  return /mariadb/i.test(found)
    ? {what, found, well: true, hint: `It dumps MariaDB; for MySQL aurora.seed needs ${wanted}.`}
    : {what, found, well: true};
}

/** Where the SDK would look; whether they are accepted, a plan shows. */
function credentials(): Finding {
  const {AWS_ACCESS_KEY_ID, AWS_PROFILE, AWS_WEB_IDENTITY_TOKEN_FILE} = process.env;
  const found = AWS_ACCESS_KEY_ID
    ? 'from the environment'
    : AWS_PROFILE
      ? `profile ${AWS_PROFILE}`
      : AWS_WEB_IDENTITY_TOKEN_FILE
        ? 'from a web identity token'
        : 'none in the environment; the default profile or the instance role, if there is one';
  const isNamed = AWS_ACCESS_KEY_ID ?? AWS_PROFILE ?? AWS_WEB_IDENTITY_TOKEN_FILE;
  return {what: 'AWS credentials', found, well: true, unknown: !isNamed};
}

/** Signatures and journals want the right time. */
async function clock(): Promise<Finding> {
  const synchronised = await outputOf('timedatectl', ['show', '-p', 'NTPSynchronized', '--value']);
  const well = synchronised !== 'no';
  return {
    what: 'clock',
    found: `${new Date().toISOString()}${synchronised === 'yes' ? ', synchronised' : synchronised === 'no' ? ', not synchronised' : ', not known whether synchronised'}`,
    well,
    unknown: synchronised !== 'yes' && well,
    ...(well
      ? {}
      : {hint: 'Turn on time synchronisation: AWS refuses signatures that are 5 minutes off.'}),
  };
}

function stateFolder({state}: App): Finding {
  try {
    mkdirSync(state.path, {recursive: true, mode: 0o700});
    accessSync(state.path, constants.R_OK | constants.W_OK | constants.X_OK);
    return {what: 'state folder', found: `${state.path}, ${state.runs().length} runs`, well: true};
  } catch (error) {
    const hint = 'Name another one with --state-dir, or mend its permissions.';
    return {what: 'state folder', found: (error as Error).message, well: false, hint};
  }
}

function terminal({terminal: isThere}: App): Finding {
  const inside = process.env['TMUX'] || process.env['STY'];
  const remote = process.env['SSH_CONNECTION'];
  return {
    what: 'terminal',
    found: isThere
      ? inside
        ? 'yes, inside tmux or screen'
        : 'yes'
      : 'none: nothing can be asked here',
    well: true,
    ...(isThere && remote && !inside
      ? {hint: 'Start tmux first: the run survives a lost ssh, and you see it again.'}
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
