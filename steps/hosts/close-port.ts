import {createHash} from 'node:crypto';
import {isIPv6} from 'node:net';
import {z} from 'zod';
import {blocked, defineStep, done, pending} from '../../src/index.ts';
import {type Family, type FilterRules, families, type OwnChain} from './firewall/firewall.ts';
import {placesOf} from './shell/host-text.ts';
import type {Mark} from './shell/run-marker.ts';
import {
  type HostsAction,
  type HostsLook,
  type HostWriter,
  hostGroup,
  onEvery,
  onThose,
  type PerHost,
} from './target.ts';

const input = z.object({
  port: z.coerce.number().int().min(1).max(65_535),
  /** The addresses that may still reach the port: also those through which switcharoo and replicas come. */
  allowFrom: z.array(z.union([z.ipv4(), z.ipv6()])),
});
type Input = z.output<typeof input>;

const rulesOfHost = z.object({
  iptables: z.array(z.string()),
  ip6tables: z.array(z.string()).nullable(),
});

/**
 * Closes a port for all but a few addresses, with a reset, for connections that stand too. It holds for what comes in
 * through INPUT (not for ports that a container engine forwards), and until the host boots again.
 */
export const closePort = defineStep({
  name: 'hosts.close-port',
  summary: 'Refuse connections to a port, also those that stand, except from a few addresses.',
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
    'Removes its own chain and the one rule that leads into it; every other rule stays as it is.',
  timeoutMs: 60_000,

  async check(look) {
    const found = await find(look);
    const other = found.flatMap(({host, value}) =>
      otherChains(value, look).map((chain) => ({host, chain})),
    )[0];
    if (other !== undefined) {
      return blocked(
        `Port ${look.input.port} on ${other.host} is already closed by the chain ${other.chain} of an earlier run.`,
        'Reverse that run first. If nothing is left of it, remove the chain and its rule in INPUT by hand.',
      );
    }
    const open = found.filter(({value}) => openFamilies(value, look).length > 0);
    if (open.length > 0) {
      const before = found.map(({host, value}) => ({
        host,
        rules: rulesNaming(look.input.port, value),
      }));
      return pending(
        {hosts: before},
        ...open.map(({host, value}) => difference(host, openFamilies(value, look), look.input)),
      );
    }
    return look.run.started
      ? done({})
      : blocked(
          `Port ${look.input.port} of ${look.targets.hosts.name} is already closed by this entry, although the journal says nothing of it.`,
          'Find out whose journal it is in: switcharoo runs.',
        );
  },

  async plan(look) {
    const open = (await find(look)).map(({host, value}) => ({
      host,
      value: openFamilies(value, look),
    }));
    const {port, allowFrom} = look.input;
    return onHostsWithSome(
      open,
      `close port ${port}${allowFrom.length === 0 ? '' : ` except for ${placesOf(allowFrom)}`}`,
      (host, family, signal) =>
        host.putChain(family, ownChain(look.input, look.run, family), signal),
    );
  },

  async reverse(look) {
    const closed = (await find(look)).map(({host, value}) => ({
      host,
      value: families.filter((family) => traces(value, family, look).length > 0),
    }));
    return onHostsWithSome(closed, `open port ${look.input.port} again`, (host, family, signal) =>
      host.removeChain(family, ownChain(look.input, look.run, family), signal),
    );
  },
});

const find = ({targets, signal}: HostsLook<Input>): Promise<PerHost<FilterRules>> =>
  onEvery(targets.hosts.hosts, (host) => host.filterRules(signal));

const chainPrefix = (port: number) => `switcharoo-${port}-`;

// A chain's name has room for 28 characters (iptables(8)): the run is in it as a digest.
const chainName = (port: number, {id, entry}: Mark) =>
  `${chainPrefix(port)}${createHash('sha256').update(`${id}/${entry}`).digest('hex').slice(0, 8)}`;

/** As `iptables -S` prints it. */
function ownChain({port, allowFrom}: Input, mark: Mark, family: Family): OwnChain {
  const name = chainName(port, mark);
  const allowed = allowFrom.filter((address) => isIPv6(address) === (family === 'ip6tables'));
  return {
    name,
    rules: [
      ...allowed.map(
        (address) =>
          `-A ${name} -s ${family === 'iptables' ? `${address}/32` : `${canonical(address)}/128`} -j RETURN`,
      ),
      `-A ${name} -p tcp -j REJECT --reject-with tcp-reset`,
    ],
    jump: `-A INPUT -p tcp -m tcp --dport ${port} -j ${name}`,
  };
}

/** The families of a host in which the port is not closed exactly as it should be. */
function openFamilies(found: FilterRules, {input, run}: HostsLook<Input>): readonly Family[] {
  return families.filter((family) => {
    const rules = found[family];
    if (rules === null) {
      return false;
    }
    const own = ownChain(input, run, family);
    const inChain = rules.filter((rule) => rule.startsWith(`-A ${own.name} `));
    const inInput = rules.filter((rule) => rule.startsWith('-A INPUT '));
    const jumps = inInput.filter((rule) => rule === own.jump).length;
    return inInput[0] !== own.jump || jumps !== 1 || inChain.join('\n') !== own.rules.join('\n');
  });
}

const traces = (found: FilterRules, family: Family, {input, run}: HostsLook<Input>) =>
  (found[family] ?? []).filter((rule) => rule.includes(chainName(input.port, run)));

function otherChains(found: FilterRules, {input, run}: HostsLook<Input>): readonly string[] {
  return families
    .flatMap((family) => found[family] ?? [])
    .filter((rule) => rule.startsWith(`-N ${chainPrefix(input.port)}`))
    .map((rule) => rule.slice('-N '.length))
    .filter((name) => name !== chainName(input.port, run));
}

function rulesNaming(port: number, {iptables, ip6tables}: FilterRules) {
  const naming = (rules: readonly string[]) =>
    rules.filter(
      (rule) =>
        new RegExp(`--dports? (\\S*,)?${port}(,|\\s)`).test(rule) &&
        !rule.includes(chainPrefix(port)),
    );
  return {
    iptables: naming(iptables ?? []),
    ip6tables: ip6tables === null ? null : naming(ip6tables),
  };
}

const difference = (host: string, open: readonly Family[], {port, allowFrom}: Input) => ({
  what: `port ${port} on ${host}`,
  is: `not closed by this run (${open.join(', ')})`,
  shouldBe: allowFrom.length === 0 ? 'closed' : `closed except for ${placesOf(allowFrom)}`,
});

function onHostsWithSome(
  found: PerHost<readonly Family[]>,
  does: string,
  work: (host: HostWriter, family: Family, signal: AbortSignal) => Promise<void>,
): readonly HostsAction[] {
  const those = found.filter(({value}) => value.length > 0);
  if (those.length === 0) {
    return [];
  }
  return [
    {
      on: 'hosts',
      does: `${does} on ${placesOf(those.map(({host}) => host))}`,
      perform: (writer, signal) =>
        onThose(writer, those, async (host, wanted) => {
          for (const family of wanted) {
            await work(host, family, signal);
          }
        }),
    },
  ];
}

/** As the kernel prints an IPv6 address (RFC 5952); the URL parser of the platform knows how. */
const canonical = (address: string) => new URL(`http://[${address}]`).hostname.slice(1, -1);
