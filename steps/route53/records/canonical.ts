import {isIPv6, SocketAddress} from 'node:net';
import type {RecordSet} from './record-set.ts';

/**
 * Whether two lists hold the same sets for Route 53: the order of sets and values, the case of names, trailing dots and
 * octal escapes do not count. A change that differs in nothing else is accepted and not stored
 * (octodns/octodns-route53#45).
 */
export const sameSets = (first: readonly RecordSet[], second: readonly RecordSet[]): boolean =>
  JSON.stringify(first.map(canonical).sort()) === JSON.stringify(second.map(canonical).sort());

export const sameSet = (first: RecordSet, second: RecordSet): boolean =>
  canonical(first) === canonical(second);

/** The identity of a set: two sets with the same one cannot be in a zone together. */
export const identityOf = ({name, type, setIdentifier}: RecordSet): string =>
  JSON.stringify([canonicalName(name), type, setIdentifier ?? null]);

/** Fully qualified, in lower case, octal escapes decoded. A dot inside a label stays escaped. */
export function canonicalName(name: string): string {
  const decoded = name.replace(/\\([0-3][0-7]{2})/g, (sequence, octal: string) =>
    sequence === '\\056' ? sequence : String.fromCharCode(Number.parseInt(octal, 8)),
  );
  const lower = decoded.toLowerCase();
  return lower.endsWith('.') ? lower : `${lower}.`;
}

function canonical(set: RecordSet): string {
  const {alias, routing} = set;
  return JSON.stringify([
    identityOf(set),
    set.weight ?? null,
    set.ttlSeconds ?? null,
    (set.values ?? []).map((value) => canonicalValue(set.type, value)).sort(),
    alias ? [alias.hostedZoneId, canonicalName(alias.dnsName), alias.evaluateTargetHealth] : null,
    set.healthCheckId ?? null,
    Object.entries(routing ?? {}).sort(([first], [second]) => (first < second ? -1 : 1)),
  ]);
}

function canonicalValue(type: string, value: string): string {
  const words = value.trim().split(/\s+/);
  switch (type) {
    case 'AAAA':
      return isIPv6(value) ? new SocketAddress({address: value, family: 'ipv6'}).address : value;
    case 'CNAME':
    case 'NS':
    case 'PTR':
    case 'MX':
    case 'SRV':
      return [...words.slice(0, -1), canonicalName(words.at(-1) ?? '')].join(' ');
    case 'TXT':
    case 'SPF':
      return JSON.stringify(stringsOf(value));
    default:
      return words.join(' ');
  }
}

/** The strings of a text value. Real data has them glued, `"a""b"`, too (aws/aws-sdk-js-v3#5626). */
function stringsOf(value: string): readonly string[] {
  const strings = value.match(/"(?:[^"\\]|\\.)*"/gs) ?? [value];
  return strings.map((string) =>
    string
      .replace(/^"|"$/g, '')
      .replace(/\\([0-3][0-7]{2})|\\(.)/gs, (_escape, octal?: string, plain?: string) =>
        octal === undefined ? (plain ?? '') : String.fromCharCode(Number.parseInt(octal, 8)),
      ),
  );
}
