import type {Lab, LabOptions} from '@switcharoo/lab';
import type {AnyRunbook} from '../../model/runbook.ts';
import type {ExitCode} from '../../run/exit-codes.ts';
import type {App} from '../app.ts';
import {clients} from '../options.ts';
import {listenToSignals, type ProcessSignals} from '../signals.ts';
import {loadLab} from './lab-package.ts';

export interface LabSetup {
  readonly clients: number;
  readonly slowProcedures: boolean;
  readonly strategy: LabOptions['strategy'];
  readonly rttMs: number | undefined;
  /** Leaves the lab running. */
  readonly keep: boolean;
}

/** The options that make this lab, in the words of the command line. */
export const wordsOfLab = ({rttMs, strategy, slowProcedures, clients: number}: LabSetup): string =>
  [
    number === clients.fallback ? '' : ` --clients ${number}`,
    slowProcedures ? ' --slow-procedures' : '',
    strategy === undefined ? '' : ` --strategy ${strategy}`,
    rttMs === undefined ? '' : ` --rtt ${rttMs}`,
  ].join('');

/** The same program in a lab that ends with it. `command`: with all its options, but for that which keeps the lab. */
export const appInLab = (app: App, {keep}: LabSetup, command: string): App =>
  keep ? app : {...app, keepsLab: `${command} --keep`};

const withoutRedis =
  'There is no redis-server here (Debian package redis-server): Redis and its queues are left out.';

/** Starts a lab that fits the runbook, works in it, and stops it whatever happens. */
export async function inLab(
  app: App,
  runbook: AnyRunbook,
  {keep, ...setup}: LabSetup,
  work: (lab: Lab, signals: ProcessSignals) => Promise<ExitCode>,
): Promise<ExitCode> {
  const {upLab, downLab, beginningFor} = await loadLab();
  const signals = listenToSignals(app.say);
  const say = (text: string) => (app.json ? undefined : app.say(text));
  try {
    say('Starting the lab: MySQL, DNS, ssh, AWS, the application and its clients …');
    const lab = await upLab({
      stateFolder: app.state.path,
      ...setup,
      ...beginningFor(runbook.entries.map(({unit}) => unit.name)),
      owner: process.pid,
      signal: signals.stopping,
    });
    if (lab.variables['LAB_REDIS'] === '[]') {
      say(withoutRedis);
    }
    try {
      return await work(lab, signals);
    } finally {
      if (keep) {
        say(`The lab is still up. Stop it with: ${app.paste('lab down')}`);
      } else {
        await downLab(app.state.path);
      }
    }
  } finally {
    signals.dispose();
  }
}
