import type {Packet} from 'dns-packet';

/** Response codes by their number (IANA, "Domain Name System Parameters"). 6 to 8 belong to dynamic updates. */
const names: Readonly<Record<number, string>> = {
  0: 'NOERROR',
  1: 'FORMERR',
  2: 'SERVFAIL',
  3: 'NXDOMAIN',
  4: 'NOTIMP',
  5: 'REFUSED',
  9: 'NOTAUTH',
};

export const rcodeName = (rcode: number): string => names[rcode] ?? `RCODE${rcode}`;

/** The response code of a packet: dns-packet's types do not have it. */
export const rcodeOf = ({flags = 0}: Packet): string => rcodeName(flags & 15);
