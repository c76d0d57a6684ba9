import {z} from 'zod';
import type {CronFile, CrontabState, FileState, UnitState} from '../contract.ts';
import type {PerHost} from '../group/per-host.ts';
import {unitBefore, unitName} from '../units/state.ts';
import {activeLines} from './crontab-text.ts';

/** The crons that hosts.stop-crons stops. */
export const cronsInput = z.object({
  /** The accounts with these crontabs; `every`: all accounts with a crontab. */
  users: z.union([z.literal('every'), z.array(z.string().regex(/^\w[\w.-]*$/))]).default([]),
  timers: z.array(unitName).default([]),
  /** Files of /etc/cron.d, scripts of /etc/cron.hourly and the like, or the tables of the system themselves. */
  cronFiles: z
    .array(
      z
        .string()
        .regex(
          /^\/etc\/(crontab|anacrontab|cron\.(d|hourly|daily|weekly|monthly|yearly)\/[\w.-]+)$/,
        ),
    )
    .default([]),
});
export type CronsInput = z.output<typeof cronsInput>;

/** A host's crons before the run. */
export const cronsBefore = z.object({
  host: z.string(),
  /** Digests, never text: a crontab may hold a password. */
  crontabs: z.array(z.object({user: z.string(), sha256: z.string(), lines: z.number()})),
  files: z.array(
    z.object({path: z.string(), sha256: z.string(), mode: z.string(), owner: z.string()}),
  ),
  timers: z.array(unitBefore),
});
export type CronsBefore = z.output<typeof cronsBefore>;

/** A host's crons at a check. */
export interface HostCrons {
  readonly host: string;
  readonly crontabs: readonly CrontabState[];
  readonly files: readonly FileState<CronFile>[];
  readonly timers: readonly UnitState[];
}

export const timersOf = (crons: readonly HostCrons[]): PerHost<readonly UnitState[]> =>
  crons.map(({host, timers}) => ({host, value: timers}));

/** The accounts of all crontabs, on any host. */
export const usersOf = (crons: readonly HostCrons[]): readonly string[] =>
  [...new Set(crons.flatMap(({crontabs}) => crontabs.map(({user}) => user)))].sort();

/** As this entry installed it. */
export const isStopped = ({text, kept}: CrontabState) => kept !== null && text === kept.installed;
export const isToStop = (crontab: CrontabState) =>
  crontab.text !== null && activeLines(crontab.text) > 0 && !isStopped(crontab);
