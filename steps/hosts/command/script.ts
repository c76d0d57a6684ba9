import {randomUUID} from 'node:crypto';
import {setTimeout as sleep} from 'node:timers/promises';
import type {RunMarker} from '../contract.ts';
import {defineEncode, textIn} from '../files/encoded-text.ts';
import {removeEmptyFolders} from '../files/guarded-edit.ts';
import {keptFolder} from '../files/run-marker.ts';
import {sh} from '../shell/quote.ts';
import type {Shell} from '../shell/shell.ts';
import {type Command, type CommandEnd, type CommandWriter, longestOutput} from './contract.ts';

/** What a machine needs to run commands of a runbook. `keep`: a root below which an entry may keep its lock. */
export type CommandShell = Pick<Shell, 'name' | 'root' | 'run'> & {readonly keep: string};

/** Runs the commands of a runbook over a shell: bounded, one at a time for each entry, and ended with their signal. */
export const commandsOver = (shell: CommandShell): CommandWriter => ({
  name: shell.name,
  checkCommand: async (command, marker, signal) => {
    const lock = lockOf(shell, marker);
    const unlessRunning = sh`if [ -e ${lock} ] && ! flock -n ${lock} true; then echo running; return; fi`;
    return runScript(shell, command, {before: unlessRunning, after: ''}, signal);
  },
  runCommand: async (command, marker, signal) => {
    const lock = lockOf(shell, marker);
    const locked = sh`( umask 077; mkdir -p -- ${keptFolder(shell.keep, marker)} )
exec 9>${lock}
if ! flock -n 9; then echo running; return; fi`;
    const unlocked = `${sh`rm -f -- ${lock}`}
${removeEmptyFolders(shell.keep, marker)}`;
    return runScript(shell, command, {before: locked, after: unlocked}, signal);
  },
});

const lockOf = ({keep}: CommandShell, marker: RunMarker) =>
  `${keptFolder(keep, marker)}/command.lock`;

interface Around {
  readonly before: string;
  readonly after: string;
}

/** A connection that is slower than the command: its own limit is the one that ends it. */
const transferMs = 15_000;
const endLimitMs = 800;

async function runScript(
  shell: CommandShell,
  command: Command,
  around: Around,
  signal: AbortSignal,
): Promise<CommandEnd | 'running'> {
  signal.throwIfAborted();
  const folder = `/tmp/switcharoo-${randomUUID()}`;
  try {
    const script = commandScript(shell.root, command, folder, around);
    return endIn(await shell.run(script, signal, command.limitMs + transferMs));
  } catch (error) {
    if (signal.aborted) {
      // Its connection is closed, and the command would go on.
      const ending = shell.run(endScript(folder), AbortSignal.timeout(endLimitMs), endLimitMs);
      await Promise.race([ending.catch(() => {}), sleep(endLimitMs, undefined, {ref: false})]);
    }
    throw error;
  }
}

/** Most commands print nothing, and each process that looks at it would take longer than they do. */
const defineEndOf = sh`end_of() { if [ -s "$1" ]; then tail -c ${`${longestOutput}`} "$1" | encode; else printf -; fi; }`;

// coreutils' `timeout` makes a process group of its own and ends all of it (timeout(1)); it also ends the command when
// nobody is connected any more. The command does not inherit the lock: a daemon that it starts would keep it.
const commandScript = (
  root: string,
  {text, values, limitMs}: Command,
  folder: string,
  {before, after}: Around,
) => `${defineEncode}
${defineEndOf}
${before}
${sh`folder=${folder}
( umask 077; mkdir -p -- "$folder" )
trap 'rm -rf -- "$folder"' EXIT
cd /
ROOT=${root}
export ROOT`}
${Object.entries(values)
  .map(([name, value]) => `export ${name}=${sh`${value}`}`)
  .join('\n')}
${sh`code=0
timeout -k 2 ${`${limitMs / 1_000}`} /bin/sh -c ${text} >"$folder/out" 2>"$folder/err" 9>&- &
command=$!
echo "$command" > "$folder/pid"
if [ -e "$folder/stopped" ]; then kill -KILL "-$command" 2>/dev/null || kill -KILL "$command" 2>/dev/null || :; fi
wait "$command" || code=$?
# Nobody may read the answer any more: the folder is removed all the same.
trap '' PIPE`}
${after}
${sh`bytes=0
if [ -s "$folder/out" ]; then bytes=$(($(wc -c < "$folder/out"))); fi
printf '%s %s ' "$code" "$bytes"
end_of "$folder/out"
printf ' '
end_of "$folder/err"`}`;

/** Also for a command that has not started: it sees `stopped`. */
const endScript = (folder: string) => sh`folder=${folder}
( umask 077; mkdir -p -- "$folder"; : > "$folder/stopped" )
if [ -s "$folder/pid" ]; then
  command=$(cat "$folder/pid")
  kill -KILL "-$command" 2>/dev/null || kill -KILL "$command" 2>/dev/null || :
fi
sleep 0.1
rm -rf -- "$folder"`;

/** As `timeout` ends a command (timeout(1)). */
const timeoutExit = 124;

function endIn(output: string): CommandEnd | 'running' {
  const [exit = '', bytes, printed, complaint] = output.trim().split(' ');
  if (exit === 'running') {
    return exit;
  }
  return {
    exit: Number(exit) === timeoutExit ? 'timeout' : Number(exit),
    printed: decoded(printed),
    printedBytes: Number(bytes),
    complaint: decoded(complaint),
  };
}

const decoded = (word: string | undefined): string =>
  Buffer.from(textIn(word) ?? '', 'latin1').toString('utf8');
