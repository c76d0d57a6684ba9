/** Numbers of record types (IANA, "Domain Name System Parameters"). */
const numbers: Readonly<Record<string, number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  RP: 17,
  AAAA: 28,
  LOC: 29,
  SRV: 33,
  NAPTR: 35,
  CERT: 37,
  DNAME: 39,
  DS: 43,
  SSHFP: 44,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  NSEC3: 50,
  NSEC3PARAM: 51,
  TLSA: 52,
  CDS: 59,
  CDNSKEY: 60,
  SVCB: 64,
  HTTPS: 65,
  SPF: 99,
  AXFR: 252,
  URI: 256,
  CAA: 257,
};

const names = new Map(Object.entries(numbers).map(([name, number]) => [number, name]));

/** `TYPE65535` for a type that has no name here (RFC 3597, 5). */
export const typeName = (number: number): string => names.get(number) ?? `TYPE${number}`;

export const typeNumber = (name: string): number =>
  numbers[name] ?? Number(/^TYPE(\d+)$/.exec(name)?.[1] ?? 0);
