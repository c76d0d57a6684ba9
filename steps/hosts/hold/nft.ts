import {sh} from '../shell/quote.ts';
import type {HoldScripts} from './scripts.ts';

// An element of a set ends by itself: nft(8), "timeout". A set in the table of the inet family is of IPv4 and IPv6, and
// a file of commands is one transaction: the kernel takes all of it, or nothing.

/** A drop in the hook input, before any other table's rules at their usual place. */
const hook = 'type filter hook input priority -10; policy accept;';

/** The kernel keeps the timeout of an element that is there already: so the table is made again, in one transaction. */
const ruleset = (name: string, ports: readonly number[], maxHoldMs: number): readonly string[] => [
  `add table inet ${name}`,
  `delete table inet ${name}`,
  `add table inet ${name}`,
  `add set inet ${name} ports { type inet_service; flags timeout; }`,
  `add chain inet ${name} hold { ${hook} }`,
  `add rule inet ${name} hold tcp dport @ports tcp flags & (syn | ack) == syn counter drop`,
  `add element inet ${name} ports { ${ports.map((port) => `${port} timeout ${timeText(maxHoldMs)}`).join(', ')} }`,
];

/** `10s`, `2s500ms`: nft(8) has no fractions. */
const timeText = (ms: number) =>
  [ms >= 1_000 ? `${Math.floor(ms / 1_000)}s` : '', ms % 1_000 > 0 ? `${ms % 1_000}ms` : ''].join(
    '',
  );

export const nft: HoldScripts = {
  isUsable: (name, {ports, maxHoldMs}) =>
    sh`command -v nft >/dev/null && printf '%s\n' ${ruleset(name, ports, maxHoldMs)} | nft -c -f - >/dev/null 2>&1`,
  arm: (name, {ports, maxHoldMs}) =>
    sh`printf '%s\n' ${ruleset(name, ports, maxHoldMs)} | nft -f -`,
  release: (name) =>
    sh`nft delete table inet ${name} 2>/dev/null || ! nft list table inet ${name} >/dev/null 2>&1`,
  read: (prefix) =>
    sh`if command -v nft >/dev/null; then
  for name in $(nft list tables inet 2>/dev/null | sed -n 's/^table inet //p' | grep ${`^${prefix}`} || :); do
    echo "hold nft $name $(nft -nn list table inet "$name" 2>/dev/null | tr '\n' ' ' || :)"
  done
fi`,
  stateIn: (text) => ({
    ports: [...text.matchAll(/(\d+) timeout \S+ expires (\w+)/g)].map(([, port, expires = '']) => ({
      port: Number(port),
      leftMs: msIn(expires),
    })),
    attempts: Number(/counter packets (\d+)/.exec(text)?.[1] ?? 0),
  }),
};

const msOf: Readonly<Record<string, number>> = {
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
};

/** `1m8s320ms` */
const msIn = (text: string): number =>
  [...text.matchAll(/(\d+)(ms|[dhms])/g)].reduce(
    (sum, [, count, unit = '']) => sum + Number(count) * (msOf[unit] ?? 0),
    0,
  );
