import {type Problem, SwitcharooError} from '../../../src/index.ts';
import type {HostsAction, HostsWriter, HostWriter} from '../contract.ts';
import {hostsFailed} from '../shell/problems.ts';

/** A value for each of some hosts. */
export type PerHost<Value> = readonly {readonly host: string; readonly value: Value}[];

/** Does the same on all hosts at the same time, and reports the problems of all of them together. */
export async function onEveryHost<Host extends {readonly name: string}, Value>(
  hosts: readonly Host[],
  work: (host: Host) => Promise<Value>,
): Promise<PerHost<Value>> {
  const ended = await Promise.allSettled(
    hosts.map(async (host) => ({host: host.name, value: await work(host)})),
  );
  const reasons = ended.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
  const [first, second, ...more] = problemsIn(reasons);
  if (first !== undefined && second !== undefined) {
    throw new SwitcharooError(hostsFailed([first, second, ...more]), {cause: reasons[0]});
  }
  if (reasons.length > 0) {
    throw reasons[0];
  }
  return ended.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
}

/** Does the work on each host that has a value, at the same time. */
export function onHosts<Value>(
  writer: HostsWriter,
  values: PerHost<Value>,
  work: (host: HostWriter, value: Value) => Promise<void>,
): Promise<unknown> {
  const busy = values.flatMap(({host: name, value}) =>
    writer.hosts.filter((host) => host.name === name).map((host) => ({name, host, value})),
  );
  return onEveryHost(busy, ({host, value}) => work(host, value));
}

/** The action, unless it has no hosts. */
export const actionOn = (
  hosts: PerHost<unknown>,
  action: Omit<HostsAction, 'on'>,
): readonly HostsAction[] => (hosts.length === 0 ? [] : [{on: 'hosts', ...action}]);

/** None when a reason is no problem: all hosts fail for one reason when the signal is aborted, or for a bug. */
function problemsIn(reasons: readonly unknown[]): readonly Problem[] {
  const problems = reasons.filter((reason) => reason instanceof SwitcharooError);
  return problems.length === reasons.length ? problems.map(({problem}) => problem) : [];
}
