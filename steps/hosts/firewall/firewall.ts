import {type Shell, sh} from '../shell/shell.ts';

/** The two commands of a host's firewall: IPv4 and IPv6 have tables of their own. */
export const families = ['iptables', 'ip6tables'] as const;
export type Family = (typeof families)[number];

/** The filter table as `iptables -S` prints it: no counters, nothing that moves. `null` where the host has no IPv6. */
export type FilterRules = Readonly<Record<Family, readonly string[] | null>>;

/** A chain of its own, and the one rule of INPUT that leads into it. */
export interface OwnChain {
  readonly name: string;
  /** The rules, as `-S` prints them. */
  readonly rules: readonly string[];
  readonly jump: string;
}

export interface FirewallWriter {
  /** Makes the chain exactly as given, with its jump first in INPUT: all at once, or not at all. */
  putChain(family: Family, chain: OwnChain, signal: AbortSignal): Promise<void>;
  /** Removes the chain and its jump, and nothing else. */
  removeChain(family: Family, chain: OwnChain, signal: AbortSignal): Promise<void>;
}

const lockSeconds = '10';

/** The packet filter of a host, by the iptables commands, which write for nftables too (xtables-nft(8)). */
export function firewallOf(shell: Shell): FirewallWriter & {
  filterRules(signal: AbortSignal): Promise<FilterRules>;
} {
  return {
    filterRules: async (signal) => rulesIn(await shell.run(lookScript(shell.root), signal)),
    putChain: async (family, chain, signal) => {
      await shell.run(putScript(family, chain), signal);
    },
    removeChain: async (family, chain, signal) => {
      await shell.run(removeScript(family, chain), signal);
    },
  };
}

// /proc/net/if_inet6 is there when the kernel speaks IPv6 (proc_net(5)).
const lookScript = (root: string) =>
  sh`iptables -w ${lockSeconds} -S
echo @
if [ -e ${`${root}/proc/net/if_inet6`} ]; then
  echo @
  ip6tables -w ${lockSeconds} -S
fi`;

function rulesIn(text: string): FilterRules {
  const [iptables = '', , ip6tables] = text.split(/^@\n/m);
  const lines = (part: string) => part.split('\n').filter((line) => line !== '');
  return {iptables: lines(iptables), ip6tables: ip6tables === undefined ? null : lines(ip6tables)};
}

// A table is committed as a whole. Declaring a chain empties it if it is there already (iptables-restore(8), --noflush).
const putScript = (family: Family, {name, rules, jump}: OwnChain) =>
  restoreScript(
    family,
    jump,
    [`:${name} - [0:0]`, ...rules],
    [jump.replace(/^-A INPUT /, '-I INPUT 1 ')],
  );

const removeScript = (family: Family, {name, jump}: OwnChain) =>
  `${sh`if ! ${[family]} -w ${lockSeconds} -S ${name} >/dev/null 2>&1; then return; fi`}
${restoreScript(family, jump, [], [`-F ${name}`, `-X ${name}`])}`;

// Each jump that is there already is deleted in the same commit: there must be one, and in the first place.
const restoreScript = (
  family: Family,
  jump: string,
  first: readonly string[],
  last: readonly string[],
) =>
  sh`jumps=$(${[family]} -w ${lockSeconds} -S INPUT | grep -xF -e ${jump} | sed 's/^-A/-D/' || :)
printf '%s\n' '*filter' ${first} "$jumps" ${last} COMMIT | ${`${family}-restore`} -w ${lockSeconds} --noflush`;
