/** Numbers of record types (IANA, "Domain Name System Parameters"). */
const numbers: Readonly<Record<string, number>> = {
  A: 1,
  NS: 2,
  MD: 3,
  MF: 4,
  CNAME: 5,
  SOA: 6,
  MB: 7,
  MG: 8,
  MR: 9,
  NULL: 10,
  WKS: 11,
  PTR: 12,
  HINFO: 13,
  MINFO: 14,
  MX: 15,
  TXT: 16,
  RP: 17,
  AFSDB: 18,
  X25: 19,
  ISDN: 20,
  RT: 21,
  NSAP: 22,
  'NSAP-PTR': 23,
  SIG: 24,
  KEY: 25,
  PX: 26,
  GPOS: 27,
  AAAA: 28,
  LOC: 29,
  NXT: 30,
  EID: 31,
  NIMLOC: 32,
  SRV: 33,
  ATMA: 34,
  NAPTR: 35,
  KX: 36,
  CERT: 37,
  A6: 38,
  DNAME: 39,
  SINK: 40,
  APL: 42,
  DS: 43,
  SSHFP: 44,
  IPSECKEY: 45,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  DHCID: 49,
  NSEC3: 50,
  NSEC3PARAM: 51,
  TLSA: 52,
  SMIMEA: 53,
  HIP: 55,
  NINFO: 56,
  RKEY: 57,
  TALINK: 58,
  CDS: 59,
  CDNSKEY: 60,
  OPENPGPKEY: 61,
  CSYNC: 62,
  ZONEMD: 63,
  SVCB: 64,
  HTTPS: 65,
  DSYNC: 66,
  HHIT: 67,
  BRID: 68,
  SPF: 99,
  UINFO: 100,
  UID: 101,
  GID: 102,
  UNSPEC: 103,
  NID: 104,
  L32: 105,
  L64: 106,
  LP: 107,
  EUI48: 108,
  EUI64: 109,
  AXFR: 252,
  URI: 256,
  CAA: 257,
  AVC: 258,
  DOA: 259,
  AMTRELAY: 260,
  RESINFO: 261,
  WALLET: 262,
  CLA: 263,
  IPN: 264,
  TA: 32768,
  DLV: 32769,
};

const names = new Map(Object.entries(numbers).map(([name, number]) => [number, name]));

/** Types of questions and of messages, which no zone holds (RFC 6895, 3.1). */
const isOfMessages = (number: number): boolean => number === 41 || (number >= 128 && number <= 255);

/** `TYPE65535` for a type that has no name here (RFC 3597, 5). */
export const typeName = (number: number): string => names.get(number) ?? `TYPE${number}`;

/** 0 for a name that is not a type. */
export function typeNumber(name: string): number {
  const number = numbers[name] ?? Number(/^TYPE(\d{1,5})$/.exec(name)?.[1] ?? 0);
  return number <= 65_535 ? number : 0;
}

/** Providers write these into zone files; on the wire there is no such type. */
const providerTypes = ['ALIAS', 'ANAME'];

/** A type as somebody wrote it, `mx` or `TYPE15`, under its one name. Nothing where no zone holds such a type. */
export function recordType(written: string): string | undefined {
  const type = written.toUpperCase();
  const number = typeNumber(type);
  if (number === 0 || isOfMessages(number)) {
    return providerTypes.includes(type) ? type : undefined;
  }
  return typeName(number);
}

/**
 * Signatures, keys, digests and proofs of absence, and how a server signs: each server makes its own, with its own
 * keys.
 */
export const signingTypes: readonly string[] = [
  'CDNSKEY',
  'CDS',
  'CSYNC',
  'DNSKEY',
  'KEY',
  'NSEC',
  'NSEC3',
  'NSEC3PARAM',
  'NXT',
  'RRSIG',
  'SIG',
  'TYPE65534',
  'ZONEMD',
];
