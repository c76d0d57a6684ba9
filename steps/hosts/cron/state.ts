import {z} from 'zod';
import type {PerHost} from '../target.ts';
import {unitBefore, unitName} from '../units/blocked-units.ts';
import type {UnitState} from '../units/systemd.ts';
import {activeLines} from './crontab-text.ts';
import type {CronFileState, CrontabState} from './crontabs.ts';

/** What hosts.stop-crons is told to stop. */
export const cronsInput = z.object({
  /** Whose crontabs; `every`: of everyone who has one. */
  users: z.union([z.literal('every'), z.array(z.string().regex(/^\w[\w.-]*$/))]).default([]),
  timers: z.array(unitName).default([]),
  /** Files of /etc/cron.d, scripts of /etc/cron.hourly and its like, or the tables of the system themselves. */
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

/** What a host's crons were before. */
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

/** What of it a look found on a host. */
export interface FoundCrons {
  readonly host: string;
  readonly crontabs: readonly CrontabState[];
  readonly files: readonly CronFileState[];
  readonly timers: readonly UnitState[];
}

export const timersOf = (found: readonly FoundCrons[]): PerHost<readonly UnitState[]> =>
  found.map(({host, timers}) => ({host, value: timers}));

/** Everyone whose crontab was looked at, on any host. */
export const usersOf = (found: readonly FoundCrons[]): readonly string[] =>
  [...new Set(found.flatMap(({crontabs}) => crontabs.map(({user}) => user)))].sort();

/** As this entry installed it. */
export const isStopped = ({text, kept}: CrontabState) => kept !== null && text === kept.installed;
export const isToStop = (crontab: CrontabState) =>
  crontab.text !== null && activeLines(crontab.text) > 0 && !isStopped(crontab);
