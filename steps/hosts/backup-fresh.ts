import {isAbsolute} from 'node:path';
import {z} from 'zod';
import {type Blocked, blocked, defineGate, measured, waiting} from '../../src/index.ts';
import {type Backup, backupIn, commandOf} from './backup/newest.ts';
import {onEveryHost} from './group/per-host.ts';
import {listText} from './group/text.ts';
import {hostGroup} from './target.ts';

const text = z.string().trim().min(1);
const hourMs = 3_600_000;
/** A clock that is further ahead makes every age wrong. */
const clockMsMax = 5 * 60_000;

const input = z
  .object({
    /** Where the backups are: the newest file whose name matches `names` counts. */
    directory: text.refine(isAbsolute, 'an absolute path').optional(),
    /** As the shell matches names: `shop-*.xbstream`. */
    names: text.default('*'),
    /** A smaller file is no backup. */
    bytesMin: z.coerce.number().int().min(0).default(1),
    /**
     * Instead of a directory: a command for /bin/sh whose last line is when the last good backup ended, in seconds
     * since 1970 or as in ISO 8601. It changes nothing.
     */
    command: text.optional(),
    hoursMax: z.coerce.number().positive().default(24),
  })
  .refine(({directory, command}) => (directory === undefined) !== (command === undefined), {
    error: 'set either directory or command',
  });

/**
 * Before the old database takes its last write: the newest backup of it is not too old. Where several hosts may have
 * it, the newest one counts. Whether it can be restored, only a restore tells.
 */
export const backupFresh = defineGate({
  name: 'hosts.backup-fresh',
  summary: 'Check that the last backup on a host is not too old.',
  targets: {hosts: hostGroup},
  input,
  output: z.object({host: z.string(), what: z.string(), at: z.string(), ageMs: z.number()}),
  needs: {hosts: ['sudo without a password for /bin/sh (to list the backups, or for the command)']},
  timeoutMs: 60_000,
  // The next backup may have been due meanwhile, and have failed.
  freshForMs: hourMs,
  evidence: ({host, what, at, ageMs}) => [
    `${what} on ${host} is from ${clock(at)}, ${ageText(ageMs)} old`,
  ],

  async check({input, targets: {hosts}, run, signal}) {
    const seen = await onEveryHost(hosts.hosts, async (host) =>
      backupIn(await host.checkCommand(commandOf(input), run, signal)),
    );
    const busy = seen.filter(({value}) => value.kind === 'running').map(({host}) => host);
    if (busy.length > 0) {
      return waiting(`a command of an earlier attempt is still running on ${listText(busy)}`);
    }
    const all = seen.flatMap(({host, value}) =>
      value.kind === 'backup' ? [{host, ...value}] : [],
    );
    const newest = all.toSorted((a, b) => b.atMs - a.atMs)[0];
    const unread = seen.flatMap(({host, value}) =>
      value.kind === 'unread' ? [`${host}: ${value.why}`] : [],
    );
    return newest ? verdictOn(newest, input) : noBackup(unread, hosts.name, input);
  },
});

function verdictOn(
  {host, what, atMs, ageMs, bytes}: Backup & {readonly host: string},
  {hoursMax, bytesMin}: z.output<typeof input>,
) {
  const at = new Date(atMs).toISOString();
  const newest = `The newest backup on ${host}, ${what} from ${clock(at)},`;
  if (ageMs < -clockMsMax) {
    return blocked(
      `${newest} is ${ageText(-ageMs)} in the future.`,
      `Correct the clock of ${host} (timedatectl), or the command that prints the time; then retry.`,
    );
  }
  if (ageMs > hoursMax * hourMs) {
    return blocked(
      `${newest} is ${ageText(ageMs)} old, and at most ${hoursMax} h are allowed.`,
      'Take a new backup, then retry. Until the new side is accepted, the backup is the last resort.',
    );
  }
  if (bytes !== undefined && bytes < bytesMin) {
    return blocked(
      `${newest} has ${bytes} bytes, and at least ${bytesMin} are expected.`,
      'Read the log of the backup, take a new backup, then retry.',
    );
  }
  const output = {host, what, at, ageMs: Math.max(0, ageMs)};
  return measured(output, [
    `${what} on ${host} is from ${clock(at)}, ${ageText(output.ageMs)} old`,
  ]);
}

const noBackup = (
  unread: readonly string[],
  group: string,
  {directory, names, command}: z.output<typeof input>,
): Blocked =>
  unread.length > 0
    ? blocked(
        `It is not known when the last backup was taken. ${unread.join('; ')}.`,
        `Correct the input "${command === undefined ? 'directory' : 'command'}" of the entry, or ask a person for the backup with operator.heard-from.`,
      )
    : blocked(
        command === undefined
          ? `No host of ${group} has a backup ${directory}/${names}.`
          : `The command printed no time of a backup on any host of ${group}.`,
        `Correct ${command === undefined ? '"directory" and "names"' : 'the input "command"'} of the entry, or take a backup; then retry.`,
      );

/** `2026-03-01 02:00 UTC` */
const clock = (at: string): string => `${at.slice(0, 16).replace('T', ' ')} UTC`;

function ageText(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`;
}
