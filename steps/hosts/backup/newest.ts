import type {Command, CommandEnd} from '../command/contract.ts';
import {endText} from '../command/problems.ts';

/** The newest backup of a host. Its age is by the clock of the host, which also gave the time. */
export interface Backup {
  readonly what: string;
  readonly atMs: number;
  readonly ageMs: number;
  /** Of a file. */
  readonly bytes: number | undefined;
}

type Found =
  | ({readonly kind: 'backup'} & Backup)
  | {readonly kind: 'none' | 'running'}
  | {readonly kind: 'unread'; readonly why: string};

interface Asked {
  readonly directory?: string | undefined;
  readonly names: string;
  readonly command?: string | undefined;
}

const limitMs = 25_000;

// GNU find: %T@ is the time of the last change in seconds, %s the size, %f the name.
const newestFile = `cd -- "$ROOT$DIRECTORY" || exit
find . -maxdepth 1 -type f -name "$NAMES" -printf '%T@ %s %f\\n' | sort -n | tail -n 1`;

/** A command whose last line is the time of the host, and the one before it that of the newest backup. */
export const commandOf = ({directory, names, command}: Asked): Command => ({
  text: `newest=$(\n${command ?? newestFile}\n) || exit
printf '%s\\n' "$newest" | tail -n 1
date +%s`,
  values: directory === undefined ? {} : {DIRECTORY: directory, NAMES: names},
  limitMs,
});

export function backupIn(end: CommandEnd | 'running'): Found {
  if (end === 'running') {
    return {kind: 'running'};
  }
  const lines = end.printed.split('\n').filter((line) => line.trim() !== '');
  const [last, now = ''] = lines.length > 1 ? lines.slice(-2) : [undefined, lines[0]];
  if (end.exit !== 0) {
    return {kind: 'unread', why: `the command ${endText(end)}`};
  }
  if (last === undefined) {
    return {kind: 'none'};
  }
  const [, time = last, bytes, name] = /^(\d+(?:\.\d+)?) (\d+) (.+)$/.exec(last) ?? [];
  const atMs = momentIn(time.trim());
  return atMs === undefined
    ? {kind: 'unread', why: `"${last.slice(0, 80)}" is neither seconds since 1970 nor a date`}
    : {
        kind: 'backup',
        what: name ?? 'the last backup',
        atMs,
        ageMs: Number(now) * 1_000 - atMs,
        bytes: bytes === undefined ? undefined : Number(bytes),
      };
}

function momentIn(text: string): number | undefined {
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1_000 : Date.parse(text);
  return Number.isFinite(ms) ? Math.floor(ms) : undefined;
}
