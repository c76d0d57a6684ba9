import {BlockList} from 'node:net';
import type {RecordSet} from './record-set.ts';
import {recordName} from './record-text.ts';

/** RFC 1918, RFC 6598, RFC 4193, and a machine's own addresses. */
const inside = new BlockList();
for (const [network, bits] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
] as const) {
  inside.addSubnet(network, bits, 'ipv4');
}
inside.addSubnet('fc00::', 7, 'ipv6');

const shown = 5;

/**
 * What the operator should know of addresses that only an inner network reaches: name servers with views give other
 * answers inside than outside, to a transfer, too.
 */
export function privateAddresses(sets: readonly RecordSet[]): readonly string[] {
  const inner = sets.filter(
    ({type, values}) =>
      (type === 'A' || type === 'AAAA') &&
      values?.some((value) => inside.check(value, type === 'A' ? 'ipv4' : 'ipv6')),
  );
  const more = inner.length - shown;
  return inner.length === 0
    ? []
    : [
        `${inner.length} of the record sets ${inner.length === 1 ? 'has' : 'have'} addresses of an inner network: ${inner
          .slice(0, shown)
          .map((set) => `${recordName(set)} ${set.values?.join(', ')}`)
          .join(
            '; ',
          )}${more > 0 ? `; and ${more} more` : ''}. If the old name servers have views, this machine may have been given the inner one: ask them from outside, and compare.`,
      ];
}
