import {z} from 'zod';
import {blocked, defineStep, done, pending} from '../../src/index.ts';
import type {Family, FilterRules, HostsAction, HostsLook, HostWriter} from './contract.ts';
import {
  chainOf,
  familiesWithChain,
  openFamilies,
  otherChains,
  rulesOfPort,
} from './firewall/chain.ts';
import {actionOn, onEveryHost, onHosts, type PerHost} from './group/per-host.ts';
import {hostsText, listText} from './group/text.ts';
import {hostGroup} from './target.ts';

const input = z.object({
  port: z.coerce.number().int().min(1).max(65_535),
  /** The addresses that may still reach the port: also those from which switcharoo and replicas connect. */
  allowFrom: z.array(z.union([z.ipv4(), z.ipv6()])),
});
type Input = z.output<typeof input>;

const rulesOfHost = z.object({
  iptables: z.array(z.string()),
  ip6tables: z.array(z.string()).nullable(),
});

/**
 * Closes a port for all but a few addresses, with a reset, also on open connections. It covers packets that come in
 * through INPUT (not ports that a container engine forwards), and lasts until the host boots again.
 */
export const closePort = defineStep({
  name: 'hosts.close-port',
  summary: 'Close a port, also on open connections, except for a few addresses.',
  targets: {hosts: hostGroup},
  input,
  /** The rules that named the port before. */
  before: z.object({hosts: z.array(z.object({host: z.string(), rules: rulesOfHost}))}),
  output: z.object({}),
  needs: {
    hosts: [
      'sudo without a password for /bin/sh (iptables, iptables-restore, ip6tables, ip6tables-restore)',
    ],
  },
  reverses:
    'Removes the chain of this run and the one rule that leads into it. All other rules stay as they are.',
  effects: [{fact: 'port', of: 'hosts', is: 'closed'}],
  timeoutMs: 60_000,
  neverSkip: 'Without it, accounts that read_only does not stop can still write to the old side.',

  async check(look) {
    const {input: rule, run, targets} = look;
    const filters = await readFilters(look);
    const other = filters.flatMap(({host, value}) =>
      otherChains(value, rule, run).map((chain) => ({host, chain})),
    )[0];
    if (other !== undefined) {
      return blocked(
        `Port ${rule.port} on ${other.host} is already closed by the chain ${other.chain} of an earlier run.`,
        'Reverse that run. If it left nothing else, remove the chain and its rule in INPUT by hand.',
      );
    }
    const open = filters.map(({host, value}) => ({host, value: openFamilies(value, rule, run)}));
    const differences = open
      .filter(({value}) => value.length > 0)
      .map(({host, value}) => difference(host, value, rule));
    if (differences.length > 0) {
      const before = filters.map(({host, value}) => ({host, rules: rulesOfPort(rule.port, value)}));
      return pending({hosts: before}, ...differences);
    }
    return run.started
      ? done({})
      : blocked(
          `Port ${rule.port} of ${targets.hosts.name} is already closed by this entry, but the journal has no record of it.`,
          {text: 'Find the run that closed it with', command: 'runs'},
        );
  },

  async plan(look) {
    const {input: rule, run} = look;
    const open = (await readFilters(look)).map(({host, value}) => ({
      host,
      value: openFamilies(value, rule, run),
    }));
    const exception = rule.allowFrom.length === 0 ? '' : ` except for ${listText(rule.allowFrom)}`;
    return eachFamily(open, `close port ${rule.port}${exception}`, (host, family, signal) =>
      host.putChain(family, chainOf(rule, run, family), signal),
    );
  },

  async reverse(look) {
    const {input: rule, run} = look;
    const closed = (await readFilters(look)).map(({host, value}) => ({
      host,
      value: familiesWithChain(value, rule, run),
    }));
    return eachFamily(closed, `reopen port ${rule.port}`, (host, family, signal) =>
      host.removeChain(family, chainOf(rule, run, family), signal),
    );
  },
});

const readFilters = ({targets, signal}: HostsLook<Input>): Promise<PerHost<FilterRules>> =>
  onEveryHost(targets.hosts.hosts, (host) => host.filterRules(signal));

const difference = (host: string, open: readonly Family[], {port, allowFrom}: Input) => ({
  what: `port ${port} on ${host}`,
  is: `not closed by this run (${open.join(', ')})`,
  shouldBe: allowFrom.length === 0 ? 'closed' : `closed except for ${listText(allowFrom)}`,
});

function eachFamily(
  families: PerHost<readonly Family[]>,
  does: string,
  work: (host: HostWriter, family: Family, signal: AbortSignal) => Promise<void>,
): readonly HostsAction[] {
  const hosts = families.filter(({value}) => value.length > 0);
  return actionOn(hosts, {
    does: `${does} on ${hostsText(hosts)}`,
    perform: (writer, signal) =>
      onHosts(writer, hosts, async (host, value) => {
        for (const family of value) {
          await work(host, family, signal);
        }
      }),
  });
}
