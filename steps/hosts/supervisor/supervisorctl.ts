import type {Control, RunMarker, SupervisorProcess} from '../contract.ts';
import {defineRemember} from '../processes/started-again.ts';
import {sh} from '../shell/quote.ts';
import type {Shell} from '../shell/shell.ts';

// supervisord on a host, through supervisorctl: `control` is the command, with its options.

export async function readProcesses(
  shell: Shell,
  group: string,
  control: readonly string[],
  signal: AbortSignal,
): Promise<readonly SupervisorProcess[] | null> {
  return processesIn(await shell.run(statusScript(group, control), signal), group);
}

/** Adding a group does not wait until its processes have started. */
export async function updateGroup(
  shell: Shell,
  group: string,
  control: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  await shell.run(updateScript(group, control), signal, leastMs);
}

/** supervisord stops all processes of a group at once, and kills each after its `stopwaitsecs`. */
export async function removeGroup(
  shell: Shell,
  group: string,
  {command, limitMs}: Control,
  marker: RunMarker,
  signal: AbortSignal,
): Promise<void> {
  const script = `${defineRemember(shell.root, marker)}
${sh`pids=$(${command} status ${`${group}:*`} 2>/dev/null | sed -n 's/^.* pid \\([0-9]*\\),.*$/\\1/p')`}
remember $pids
${updateScript(group, command)}
stopped`;
  await shell.run(script, signal, jobMs(limitMs));
}

export async function startProcesses(
  shell: Shell,
  names: readonly string[],
  {command, limitMs}: Control,
  signal: AbortSignal,
): Promise<void> {
  await shell.run(
    eachScript('start', 'already started', names, command),
    signal,
    jobMs(limitMs * names.length),
  );
}

export async function stopProcesses(
  shell: Shell,
  names: readonly string[],
  {command, limitMs}: Control,
  signal: AbortSignal,
): Promise<void> {
  await shell.run(
    eachScript('stop', 'not running', names, command),
    signal,
    jobMs(limitMs * names.length),
  );
}

const leastMs = 120_000;
const jobMs = (limitMs: number) => Math.max(leastMs, limitMs + 30_000);

// It ends with 3 when a process is not running, and with 4 when there is no such group, but also when supervisord does
// not answer (supervisor 4.2, supervisorctl.py).
const statusScript = (group: string, control: readonly string[]) =>
  sh`output=$(${control} status ${`${group}:*`} 2>&1) && code=0 || code=$?
case $code:$output in
  [034]:*'ERROR (no such group)'*|[034]:*'ERROR (no such process)'*) printf '%s\n' "$output"; exit ;;
esac
# An older supervisorctl always ends with 0, also when supervisord does not answer.
case $code in 0|3) printf '%s\n' "$output" | grep -E ${processLine} && exit ;; esac
printf '%s\n' "$output" >&2
exit 1`;

const processLine = '^[^ ]+ +(STOPPED|STARTING|RUNNING|BACKOFF|STOPPING|EXITED|FATAL|UNKNOWN)( |$)';

// A group that is in no file any more, and that supervisord has removed already, is no failure.
const updateScript = (
  group: string,
  control: readonly string[],
) => sh`output=$(${control} reread 2>&1) || { printf '%s\\n' "$output" >&2; exit 1; }
output=$(${control} update ${group} 2>&1) || case $output in
  *'no such group'*) ;;
  *) printf '%s\n' "$output" >&2; exit 1 ;;
esac`;

// A process in that state already is no failure: the last try got so far.
const eachScript = (
  verb: string,
  already: string,
  names: readonly string[],
  control: readonly string[],
) => sh`for name in ${names}; do
  output=$(${control} ${verb} "$name" 2>&1) || case $output in
    *${already}*) ;;
    *) printf '%s\n' "$output" >&2; exit 1 ;;
  esac
done`;

/** `worker:worker_00   RUNNING   pid 17, uptime 0:00:05`; a program of one process is listed without its group. */
function processesIn(output: string, group: string): readonly SupervisorProcess[] | null {
  const processes = output.split('\n').flatMap((line) => {
    const [, name, state] = /^(\S+)\s+([A-Z]+)(?:\s|$)/.exec(line) ?? [];
    // `worker: ERROR (no such group)`
    return name === undefined || state === undefined || state === 'ERROR'
      ? []
      : [{name: name.includes(':') ? name : `${group}:${name}`, state}];
  });
  return processes.length > 0 ? processes : null;
}
