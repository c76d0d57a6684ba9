import {mkdirSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {startControl} from './control.ts';
import {startTicksOf} from './process-start.ts';
import type {Strategy} from './shop-service.ts';
import {startWorld} from './world.ts';

// The lab's supervisor: it keeps the small world up until it is told to end, or until nobody wants it any more.

const {
  LAB_DIRECTORY = '',
  LAB_CLIENTS = '6',
  LAB_SLOW_PROCEDURES = '',
  LAB_EMPTY_AURORA = '',
  LAB_WITHOUT_CLUSTER = '',
  /** How ECS deploys the application. */
  LAB_STRATEGY = '',
  /** Milliseconds of a round trip between switcharoo and every target. */
  LAB_RTT = '',
  /** Whose lab it is. Once that process is gone, the lab stays up a while for a `resume`, and then ends. */
  LAB_OWNER = '',
  /** Whose lab it is without that while: a test's. */
  LAB_ENDS_WITH = '',
  /** Passwords to use instead of made-up ones, as JSON: by account of its databases. */
  LAB_PASSWORDS = '{}',
} = process.env;
const orphanedForMs = 30 * 60_000;

mkdirSync(LAB_DIRECTORY, {recursive: true, mode: 0o700});
// Out of the terminal's reach: a Ctrl-C there is for the run, and so is a lost ssh.
process.on('SIGINT', () => {});
process.on('SIGHUP', () => {});

try {
  const world = await startWorld({
    directory: LAB_DIRECTORY,
    clients: Number(LAB_CLIENTS),
    slowProcedures: LAB_SLOW_PROCEDURES === '1',
    emptyAurora: LAB_EMPTY_AURORA === '1',
    withoutCluster: LAB_WITHOUT_CLUSTER === '1',
    ...(LAB_STRATEGY === '' ? {} : {strategy: LAB_STRATEGY as Strategy}), // the client's own
    ...(LAB_RTT === '' ? {} : {rttMs: Number(LAB_RTT)}),
    passwords: JSON.parse(LAB_PASSWORDS),
  });
  let ending = false;
  const end = async () => {
    if (!ending) {
      ending = true;
      control.stop();
      await world.stop();
      rmSync(LAB_DIRECTORY, {recursive: true, force: true, maxRetries: 5});
      process.exit(0);
    }
  };
  const control = await startControl(world, () => void end());
  process.on('SIGTERM', () => void end());
  if (LAB_OWNER !== '') {
    endWithoutOwner(Number(LAB_OWNER), {forMs: orphanedForMs, end});
  }
  if (LAB_ENDS_WITH !== '') {
    endWithoutOwner(Number(LAB_ENDS_WITH), {forMs: 0, end});
  }
  tell('ready.json', {
    control: control.url,
    token: control.token,
    variables: world.variables,
  });
} catch (error) {
  tell('failed.json', {problem: error instanceof Error ? error.message : String(error)});
  process.exit(1);
}

/** Written under another name and renamed: a process that waits for it never reads half of it. */
function tell(name: string, content: object): void {
  const path = join(LAB_DIRECTORY, name);
  writeFileSync(`${path}.new`, JSON.stringify(content), {mode: 0o600});
  renameSync(`${path}.new`, path);
}

function endWithoutOwner(
  owner: number,
  {forMs, end}: {readonly forMs: number; readonly end: () => Promise<void>},
): void {
  const began = startTicksOf(owner);
  let aloneSince: number | undefined;
  setInterval(() => {
    if (began !== null && startTicksOf(owner) === began) {
      return;
    }
    aloneSince ??= Date.now();
    if (Date.now() - aloneSince >= forMs) {
      void end();
    }
  }, 2_000).unref();
}
