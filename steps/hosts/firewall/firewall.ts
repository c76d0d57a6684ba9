import type {Family, FilterRules, FirewallChain} from '../contract.ts';
import {sh} from '../shell/quote.ts';
import type {Shell} from '../shell/shell.ts';

// The packet filter of a host, by the iptables commands, which write for nftables too (xtables-nft(8)).

const lockSeconds = '10';

export async function readFilterRules(shell: Shell, signal: AbortSignal): Promise<FilterRules> {
  return rulesIn(await shell.run(rulesScript(shell.root), signal));
}

export async function putChain(
  shell: Shell,
  family: Family,
  chain: FirewallChain,
  signal: AbortSignal,
): Promise<void> {
  await shell.run(putScript(family, chain), signal);
}

export async function removeChain(
  shell: Shell,
  family: Family,
  chain: FirewallChain,
  signal: AbortSignal,
): Promise<void> {
  await shell.run(removeScript(family, chain), signal);
}

// /proc/net/if_inet6 is there when the kernel speaks IPv6 (proc_net(5)).
const rulesScript = (root: string) =>
  sh`iptables -w ${lockSeconds} -S
echo @
if [ -e ${`${root}/proc/net/if_inet6`} ]; then
  echo @
  ip6tables -w ${lockSeconds} -S
fi`;

function rulesIn(output: string): FilterRules {
  const [iptables = '', , ip6tables] = output.split(/^@\n/m);
  const lines = (part: string) => part.split('\n').filter((line) => line !== '');
  return {iptables: lines(iptables), ip6tables: ip6tables === undefined ? null : lines(ip6tables)};
}

// A table is committed as a whole. Declaring a chain empties it if it is there already (iptables-restore(8),
// --noflush).
const putScript = (family: Family, {name, rules, jump}: FirewallChain) =>
  tableScript(
    family,
    jump,
    [`:${name} - [0:0]`, ...rules],
    [jump.replace(/^-A INPUT /, '-I INPUT 1 ')],
  );

const removeScript = (family: Family, {name, jump}: FirewallChain) =>
  `${sh`if ! ${[family]} -w ${lockSeconds} -S ${name} >/dev/null 2>&1; then return; fi`}
${tableScript(family, jump, [], [`-F ${name}`, `-X ${name}`])}`;

// Each jump that is there already is deleted in the same commit: there must be one, and in the first place.
const tableScript = (
  family: Family,
  jump: string,
  first: readonly string[],
  last: readonly string[],
) =>
  sh`jumps=$(${[family]} -w ${lockSeconds} -S INPUT | grep -xF -e ${jump} | sed 's/^-A/-D/' || :)
printf '%s\n' '*filter' ${first} "$jumps" ${last} COMMIT | ${`${family}-restore`} -w ${lockSeconds} --noflush`;
