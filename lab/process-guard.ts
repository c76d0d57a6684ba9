import {spawn} from 'node:child_process';
import {appendFileSync} from 'node:fs';
import {join} from 'node:path';
import {startTicksOf} from './process-start.ts';

const file = 'processes.jsonl';

/** Where a folder remembers the processes that were started for it, a JSON line each. */
export const memoryOf = (directory: string): string => join(directory, file);

/** Writes a process down, so that it is found when its keeper was killed. */
export function remember(directory: string, name: string, pid: number): void {
  const line = JSON.stringify({name, pid, startTicks: startTicksOf(pid)});
  appendFileSync(memoryOf(directory), `${line}\n`, {mode: 0o600});
}

/**
 * Kills all that `directory` remembers, and the processes of its hosts, as soon as this process is gone, also after
 * kill -9: its end of a pipe is closed then. It is a shell in a session of its own, which no Ctrl-C reaches. With
 * `removes`, it removes the folder, too.
 */
export function startGuard(directory: string, {removes = false} = {}): void {
  const guard = spawn('/bin/sh', ['-c', script, 'lab-guard', directory, removes ? 'removes' : ''], {
    cwd: '/',
    detached: true,
    env: {PATH: process.env['PATH'] ?? '/usr/bin:/bin'},
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Without it, `lab down` still finds what is left.
  guard.on('error', () => {});
  guard.stdin.on('error', () => {});
  guard.unref();
  if ('unref' in guard.stdin && typeof guard.stdin.unref === 'function') {
    guard.stdin.unref();
  }
}

// proc(5): after the command's name, which is in parentheses, field 22 (starttime) is the twentieth. With the pid it
// names one process: another one with the same pid is left alone.
const script = `trap '' INT HUP TERM
while read -r _; do :; done
sed -n 's/.*"pid":\\([0-9]*\\),"startTicks":\\([0-9]*\\)}$/\\1 \\2/p' "$1/${file}" |
while read -r pid ticks; do
  now=$(sed 's/.*) //' "/proc/$pid/stat" | cut -d' ' -f20)
  if [ "$now" = "$ticks" ]; then kill -9 "$pid"; fi
done
grep -lsz -e "^SWITCHAROO_LAB_GROUP=$1/" /proc/[0-9]*/environ |
while IFS=/ read -r _ _ pid _; do kill -9 "$pid"; done
if [ -n "$2" ]; then rm -rf "$1"; fi`;
