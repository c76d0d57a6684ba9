import {z} from 'zod';
import {
  type Action,
  defineTarget,
  type Look,
  type Problem,
  type Session,
  SwitcharooError,
} from '../../src/index.ts';
import {type AtQueue, type AtWriter, atOf} from './at/queue.ts';
import {type CronFileState, type CrontabState, type CronWriter, cronOf} from './cron/crontabs.ts';
import {type FilterRules, type FirewallWriter, firewallOf} from './firewall/firewall.ts';
import {type HostProcess, readProcesses} from './processes/jobs.ts';
import {type ProxyState, type ProxyWriter, proxyOf, type ReverseProxy} from './proxy/proxy.ts';
import {hostsInTrouble} from './shell/problems.ts';
import type {Mark} from './shell/run-marker.ts';
import {openShells, type Shell} from './shell/shell.ts';
import {
  type SupervisedProcess,
  type SupervisorWriter,
  supervisorOf,
} from './supervisor/supervisor.ts';
import {type SystemdWriter, systemdOf, type UnitState} from './units/systemd.ts';

/** What a look may ask of one host. Nothing here changes it. */
export interface HostReader {
  readonly name: string;
  units(names: readonly string[], mark: Mark, signal: AbortSignal): Promise<readonly UnitState[]>;
  processes(signal: AbortSignal): Promise<readonly HostProcess[]>;
  /** Everyone who has a crontab, or had the one that this entry keeps. */
  crontabUsers(mark: Mark, signal: AbortSignal): Promise<readonly string[]>;
  crontabs(
    users: readonly string[],
    mark: Mark,
    signal: AbortSignal,
  ): Promise<readonly CrontabState[]>;
  cronFiles(
    paths: readonly string[],
    mark: Mark,
    signal: AbortSignal,
  ): Promise<readonly CronFileState[]>;
  /** Where the host's clock stands in its minute: cron starts jobs in the first seconds of each. */
  secondOfMinute(signal: AbortSignal): Promise<number>;
  /** The queue of at and batch. */
  atQueue(spool: string, mark: Mark, signal: AbortSignal): Promise<AtQueue>;
  /** The processes of a group of supervisord; `null` when it knows no such group. */
  supervised(
    group: string,
    control: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly SupervisedProcess[] | null>;
  filterRules(signal: AbortSignal): Promise<FilterRules>;
  /** `atFirst`: also whether its unit runs, and whether the proxy accepts its files. */
  proxyState(
    proxy: ReverseProxy,
    mark: Mark,
    atFirst: boolean,
    signal: AbortSignal,
  ): Promise<ProxyState>;
}

export interface HostWriter
  extends HostReader,
    AtWriter,
    SystemdWriter,
    CronWriter,
    FirewallWriter,
    ProxyWriter,
    SupervisorWriter {}

/** The hosts of one target, in the order of the inventory. */
export interface HostsReader {
  readonly name: string;
  readonly hosts: readonly HostReader[];
}

export interface HostsWriter extends HostsReader {
  readonly hosts: readonly HostWriter[];
}

const hostConfig = z.object({
  name: z.string().min(1),
  // OpenSSH would take a leading hyphen for an option.
  address: z.string().regex(/^[^\s-]\S*$/),
  port: z.coerce.number().int().min(1).max(65_535).default(22),
  user: z.string().min(1),
  identityFile: z.string().optional(),
  knownHostsFile: z.string().optional(),
  /** Where the host's file tree begins, for a host that lives in a folder or a chroot. */
  root: z.string().default(''),
});

/** Bare-metal hosts, reached with the system's OpenSSH client. One target is a group of hosts that are handled as one. */
export const hostGroup = defineTarget({
  kind: 'hosts',
  config: z.object({hosts: z.array(hostConfig).min(1)}),
  async open({hosts}, {name}): Promise<Session<HostsReader, HostsWriter>> {
    const {shells, close} = await openShells(hosts);
    const group: HostsWriter = {name, hosts: shells.map(hostOf)};
    return {reader: group, writer: group, close};
  },
});

export type OnHosts = {readonly hosts: typeof hostGroup};
export type HostsAction = Action<OnHosts>;
export type HostsLook<Input = unknown> = Look<OnHosts, Input>;

/** What was found or is to be done on one host. */
export type PerHost<Value> = readonly {readonly host: string; readonly value: Value}[];

/** Does the same on all hosts at the same time, and reports the troubles of all of them together. */
export async function onEvery<Host extends {readonly name: string}, Value>(
  hosts: readonly Host[],
  work: (host: Host) => Promise<Value>,
): Promise<PerHost<Value>> {
  const ended = await Promise.allSettled(
    hosts.map(async (host) => ({host: host.name, value: await work(host)})),
  );
  const reasons = ended.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
  const [first, second, ...more] = problemsIn(reasons);
  if (first !== undefined && second !== undefined) {
    throw new SwitcharooError(hostsInTrouble([first, second, ...more]), {cause: reasons[0]});
  }
  if (reasons.length > 0) {
    throw reasons[0];
  }
  return ended.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
}

/** Does what is to be done on those hosts that have something to do. */
export function onThose<Value>(
  writer: HostsWriter,
  those: PerHost<Value>,
  work: (host: HostWriter, value: Value) => Promise<void>,
): Promise<unknown> {
  const busy = those.flatMap(({host: name, value}) =>
    writer.hosts.filter((host) => host.name === name).map((host) => ({name, host, value})),
  );
  return onEvery(busy, ({host, value}) => work(host, value));
}

/** An action, if there is anything to do. */
export const whenAny = (
  those: PerHost<unknown>,
  action: Omit<HostsAction, 'on'>,
): readonly HostsAction[] => (those.length === 0 ? [] : [{on: 'hosts', ...action}]);

/** Several hosts fail for one reason when the signal is aborted, or when there is a bug: that reason is then the news. */
function problemsIn(reasons: readonly unknown[]): readonly Problem[] {
  const known = reasons.filter((reason) => reason instanceof SwitcharooError);
  return known.length === reasons.length ? known.map(({problem}) => problem) : [];
}

function hostOf(shell: Shell): HostWriter {
  return {
    name: shell.name,
    ...systemdOf(shell),
    ...cronOf(shell),
    ...firewallOf(shell),
    ...proxyOf(shell),
    ...atOf(shell),
    ...supervisorOf(shell),
    processes: (signal) => readProcesses(shell, signal),
    secondOfMinute: async (signal) => Number(await shell.run('date +%S', signal)),
  };
}
