import {z} from 'zod';
import {blocked, type Verdict, waiting} from '../../../src/index.ts';
import type {HostProcess, HostsLook} from '../contract.ts';
import {onEveryHost, type PerHost} from '../group/per-host.ts';
import {processText} from './processes.ts';

/** How long after a stop the step looks whether another supervisor starts the same again; 5 by default. */
export const watchSeconds = z.number().int().min(0).max(3_600).optional();

/**
 * Whether something else has started again what this entry has stopped: runit, pm2, keepalived, a loop in a shell. That
 * is known only some seconds later. `null`: nothing does.
 */
export async function startedAgain(
  {targets, run, signal, input}: HostsLook<{readonly watchSeconds?: number | undefined}>,
  processes: PerHost<readonly HostProcess[]>,
): Promise<Verdict<never, never> | null> {
  const {watchSeconds: watch = 5} = input;
  const hosts = await onEveryHost(targets.hosts.hosts, (host) => host.startedAgain(run, signal));
  const isEarly = hosts.some(({value}) => value !== null && value.seconds < watch);
  if (isEarly) {
    return waiting(`checking for ${watch} s whether something else starts it again`);
  }
  const again = hosts.flatMap(({host, value}) => {
    const all = processes.find((each) => each.host === host)?.value ?? [];
    return (value?.processes ?? []).flatMap(({pid, listensOn}) => {
      const process = all.find((each) => each.pid === pid);
      return process ? [`${againText(process, listensOn, all)} on ${host}`] : [];
    });
  });
  return again.length === 0
    ? null
    : blocked(
        `Something else has started again what this entry stopped: ${again.join('; ')}.`,
        'Stop it in the supervisor that starts it, such as runit (sv down), pm2 (pm2 delete), keepalived or a loop in a shell, then resume.',
      );
}

/** `php (pid 71, 3 s) of shop, which listens on 0.0.0.0:80, started by runsv (pid 60), runsvdir (pid 4)` */
function againText(
  process: HostProcess,
  listensOn: string | undefined,
  all: readonly HostProcess[],
): string {
  const parents = parentsOf(process, all);
  const unit = process.unit === '-' ? '' : ` in ${process.unit}`;
  const listens = listensOn === undefined ? '' : `, which listens on ${listensOn}`;
  const starters =
    parents.length === 0
      ? ''
      : `, started by ${parents.map(({name, pid}) => `${name} (pid ${pid})`).join(', ')}`;
  return `${processText(process)} of ${process.user}${unit}${listens}${starters}`;
}

/** From near to far, without process 1. */
function parentsOf(process: HostProcess, all: readonly HostProcess[]): readonly HostProcess[] {
  const parent = all.find(({pid}) => pid === process.parent);
  return parent === undefined || parent.pid <= 1 ? [] : [parent, ...parentsOf(parent, all)];
}
