import {createHash} from 'node:crypto';
import {isIPv6} from 'node:net';
import type {Family, FilterRules, FirewallChain, RunMarker} from '../contract.ts';

/** A port, and the addresses that may still reach it. */
interface PortRule {
  readonly port: number;
  readonly allowFrom: readonly string[];
}

const families: readonly Family[] = ['iptables', 'ip6tables'];

/** The chain that closes a port for a run and entry, as `iptables -S` prints it. */
export function chainOf(
  {port, allowFrom}: PortRule,
  marker: RunMarker,
  family: Family,
): FirewallChain {
  const name = chainName(port, marker);
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

/** The families of a host in which the port is not closed exactly by this chain. */
export const openFamilies = (
  filter: FilterRules,
  rule: PortRule,
  marker: RunMarker,
): readonly Family[] =>
  families.filter((family) => {
    const rules = filter[family];
    if (rules === null) {
      return false;
    }
    const {name, rules: expected, jump} = chainOf(rule, marker, family);
    const inChain = rules.filter((each) => each.startsWith(`-A ${name} `));
    const inInput = rules.filter((each) => each.startsWith('-A INPUT '));
    const jumps = inInput.filter((each) => each === jump).length;
    return inInput[0] !== jump || jumps !== 1 || inChain.join('\n') !== expected.join('\n');
  });

/** The families of a host that have any rule of the chain. */
export const familiesWithChain = (
  filter: FilterRules,
  {port}: PortRule,
  marker: RunMarker,
): readonly Family[] =>
  families.filter((family) =>
    (filter[family] ?? []).some((rule) => rule.includes(chainName(port, marker))),
  );

/** The chains of other runs for the same port. */
export const otherChains = (
  filter: FilterRules,
  {port}: PortRule,
  marker: RunMarker,
): readonly string[] =>
  families
    .flatMap((family) => filter[family] ?? [])
    .filter((rule) => rule.startsWith(`-N ${chainPrefix(port)}`))
    .map((rule) => rule.slice('-N '.length))
    .filter((name) => name !== chainName(port, marker));

/** The rules of a host that name the port, without those of any run. */
export function rulesOfPort(port: number, {iptables, ip6tables}: FilterRules) {
  const ofPort = (rules: readonly string[]) =>
    rules.filter(
      (rule) =>
        new RegExp(`--dports? (\\S*,)?${port}(,|\\s)`).test(rule) &&
        !rule.includes(chainPrefix(port)),
    );
  return {
    iptables: ofPort(iptables ?? []),
    ip6tables: ip6tables === null ? null : ofPort(ip6tables),
  };
}

const chainPrefix = (port: number) => `switcharoo-${port}-`;

// A chain's name has at most 28 characters (iptables(8)): the run is in it as a digest.
const chainName = (port: number, {id, entry}: RunMarker) =>
  `${chainPrefix(port)}${createHash('sha256').update(`${id}/${entry}`).digest('hex').slice(0, 8)}`;

/** As the kernel prints an IPv6 address (RFC 5952); the URL parser of the platform does it. */
const canonical = (address: string) => new URL(`http://[${address}]`).hostname.slice(1, -1);
