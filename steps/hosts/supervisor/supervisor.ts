import {type Shell, sh} from '../shell/shell.ts';

/** One process of supervisord, with the state that it gives it: `RUNNING`, `STOPPED`, `FATAL`, … */
export interface SupervisedProcess {
  /** `group:process`, as supervisorctl names it. */
  readonly name: string;
  readonly state: string;
}

export interface SupervisorWriter {
  /** Makes supervisord read its files again and bring this one group in line with them: added, changed or removed. */
  updateGroup(group: string, control: readonly string[], signal: AbortSignal): Promise<void>;
  startSupervised(
    names: readonly string[],
    control: readonly string[],
    signal: AbortSignal,
  ): Promise<void>;
  stopSupervised(
    names: readonly string[],
    control: readonly string[],
    signal: AbortSignal,
  ): Promise<void>;
}

/** A stop takes `stopwaitsecs` before supervisord kills (10 s by default), for each process of a group. */
const jobLimitMs = 120_000;

/** supervisord on a host, through supervisorctl. */
export function supervisorOf(shell: Shell): SupervisorWriter & {
  supervised(
    group: string,
    control: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly SupervisedProcess[] | null>;
} {
  const told = async (script: string, signal: AbortSignal) => {
    await shell.run(script, signal, jobLimitMs);
  };
  return {
    supervised: async (group, control, signal) =>
      processesIn(await shell.run(statusScript(group, control), signal), group),
    updateGroup: (group, control, signal) => told(updateScript(group, control), signal),
    startSupervised: (names, control, signal) =>
      told(eachScript('start', 'already started', names, control), signal),
    stopSupervised: (names, control, signal) =>
      told(eachScript('stop', 'not running', names, control), signal),
  };
}

// It ends with 3 when some process is not running, and with 4 when there is no such group, but also when supervisord does
// not answer (supervisor 4.2, supervisorctl.py).
const statusScript = (group: string, control: readonly string[]) =>
  sh`said=$(${control} status ${`${group}:*`} 2>&1) && code=0 || code=$?
case $code:$said in
  [034]:*'ERROR (no such group)'*|[034]:*'ERROR (no such process)'*) printf '%s\n' "$said"; exit ;;
esac
# An older supervisorctl ends with 0 whatever it has to say, that nobody answers, too.
case $code in 0|3) printf '%s\n' "$said" | grep -E ${processLine} && exit ;; esac
printf '%s\n' "$said" >&2
exit 1`;

const processLine = '^[^ ]+ +(STOPPED|STARTING|RUNNING|BACKOFF|STOPPING|EXITED|FATAL|UNKNOWN)( |$)';

// A group that its files declare no more, and that it has forgotten already, is no failure either.
const updateScript = (group: string, control: readonly string[]) => sh`${control} reread >/dev/null
said=$(${control} update ${group} 2>&1) || case $said in
  *'no such group'*) ;;
  *) printf '%s\n' "$said" >&2; exit 1 ;;
esac`;

// A process that is there already is no failure: the last try got so far.
const eachScript = (
  verb: string,
  already: string,
  names: readonly string[],
  control: readonly string[],
) => sh`for name in ${names}; do
  said=$(${control} ${verb} "$name" 2>&1) || case $said in
    *${already}*) ;;
    *) printf '%s\n' "$said" >&2; exit 1 ;;
  esac
done`;

/** `worker:worker_00   RUNNING   pid 17, uptime 0:00:05`; a program of one process is listed without its group. */
function processesIn(text: string, group: string): readonly SupervisedProcess[] | null {
  const processes = text.split('\n').flatMap((line) => {
    const [, name, state] = /^(\S+)\s+([A-Z]+)(?:\s|$)/.exec(line) ?? [];
    // `worker: ERROR (no such group)`
    return name === undefined || state === undefined || state === 'ERROR'
      ? []
      : [{name: name.includes(':') ? name : `${group}:${name}`, state}];
  });
  return processes.length > 0 ? processes : null;
}
