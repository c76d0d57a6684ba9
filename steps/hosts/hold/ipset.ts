import {sh} from '../shell/quote.ts';
import type {HoldScripts} from './scripts.ts';

// The elements of a set end by themselves: ipset(8), "timeout", in seconds. A set of ports is of no family, and each
// family has a rule of its own. The set is armed last: a rule without elements holds nothing.

const eachFamily = (script: string) =>
  `for family in iptables ip6tables; do
  if [ "$family" = ip6tables ] && [ ! -e /proc/net/if_inet6 ]; then continue; fi
  ${script}
done`;

const rule = (name: string) => `-p tcp --syn -m set --match-set ${name} dst -j DROP`;

const isThere = (name: string) => `"$family" -w 10 -C INPUT ${rule(name)} 2>/dev/null`;

const seconds = (ms: number) => `${Math.ceil(ms / 1_000)}`;

export const ipset: HoldScripts = {
  // It changes nothing, so it shows that both programs work, and not that the kernel takes the rule.
  isUsable: () =>
    'command -v ipset >/dev/null && command -v iptables >/dev/null && ipset list -n >/dev/null 2>&1 && iptables -w 10 -m set -h >/dev/null 2>&1',
  arm: (name, {ports, maxHoldMs}) =>
    `${sh`ipset create ${name} bitmap:port range 0-65535 timeout 0 -exist`}
${eachFamily(`${isThere(name)} || "$family" -w 10 -I INPUT 1 ${rule(name)}`)}
${sh`printf '%s\n' ${ports.map((port) => `add ${name} ${port} timeout ${seconds(maxHoldMs)}`)} | ipset restore -exist`}`,
  release: (name) =>
    `${sh`ipset flush ${name} 2>/dev/null || :`}
${eachFamily(`while ${isThere(name)}; do "$family" -w 10 -D INPUT ${rule(name)}; done`)}
${sh`if ipset list -n | grep -qxF ${name}; then ipset destroy ${name}; fi`}`,
  read: (prefix) =>
    sh`if command -v ipset >/dev/null; then
  for name in $(ipset list -n 2>/dev/null | grep ${`^${prefix}`} || :); do
    echo "hold ipset $name $(ipset list "$name" 2>/dev/null | tr '\n' ' ' || :)"
  done
fi`,
  stateIn: (text) => ({
    ports: [...(text.split('Members:')[1] ?? '').matchAll(/(\d+) timeout (\d+)/g)].map(
      ([, port, left]) => ({port: Number(port), leftMs: Number(left) * 1_000}),
    ),
    attempts: null,
  }),
};
