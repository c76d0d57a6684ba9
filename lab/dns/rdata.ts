import type {Answer} from 'dns-packet';
import {txtStrings} from 'switcharoo/name-servers';

/** A value of a record set, in Route 53's notation, as an answer of dns-packet. */
export function answerOf(name: string, type: string, ttl: number, value: string): Answer {
  const common = {name, ttl};
  const [first = '', second = '', third = '', fourth = ''] = value.trim().split(/\s+/);
  switch (type) {
    case 'A':
    case 'AAAA':
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return {...common, type, data: first};
    case 'MX':
      return {...common, type, data: {preference: Number(first), exchange: second}};
    case 'SRV': {
      const [priority, weight, port] = [first, second, third].map(Number);
      return {...common, type, data: {priority, weight, port: port ?? 0, target: fourth}};
    }
    case 'TXT':
      // One character is one byte here: dns-packet would write two bytes for those above 127.
      return {...common, type, data: txtStrings(value).map((text) => Buffer.from(text, 'latin1'))};
    case 'CAA':
      return {...common, type, data: caaOf(first, second, value)};
    case 'DS':
      return {...common, type, data: dsOf(first, second, third, fourth)};
    case 'SSHFP':
      return {
        ...common,
        type,
        data: {algorithm: Number(first), hash: Number(second), fingerprint: third},
      };
    case 'TLSA':
      return {...common, type, data: tlsaOf(first, second, third, fourth)};
    case 'NAPTR':
      return {...common, type, data: naptrOf(value)};
    case 'DNSKEY':
      return {
        ...common,
        type,
        data: {flags: Number(first), algorithm: Number(third), key: Buffer.from(fourth, 'base64')},
      };
    case 'SOA':
      return {...common, type, data: soaOf(value)};
    default:
      throw new TypeError(`The lab's name server does not support records of type ${type}.`);
  }
}

/** `mname rname serial refresh retry expire minimum`. */
export function soaOf(value: string) {
  const [mname = '', rname = '', ...numbers] = value.trim().split(/\s+/);
  const [serial = 1, refresh = 7200, retry = 900, expire = 1_209_600, minimum = 86_400] =
    numbers.map(Number);
  return {mname, rname, serial, refresh, retry, expire, minimum};
}

function dsOf(keyTag: string, algorithm: string, digestType: string, digest: string) {
  return {
    keyTag: Number(keyTag),
    algorithm: Number(algorithm),
    digestType: Number(digestType),
    digest: Buffer.from(digest, 'hex'),
  };
}

function tlsaOf(usage: string, selector: string, matchingType: string, certificate: string) {
  return {
    usage: Number(usage),
    selector: Number(selector),
    matchingType: Number(matchingType),
    certificate: Buffer.from(certificate, 'hex'),
  };
}

function caaOf(flags: string, tag: string, value: string) {
  return {
    flags: Number(flags),
    tag: tag as 'issue' | 'issuewild' | 'iodef', // The only three that Route 53 takes.
    value: /"(.*)"/.exec(value)?.[1] ?? '',
  };
}

function naptrOf(value: string) {
  const [order, preference] = value.split(' ').map(Number);
  const [flags = '', services = '', regexp = ''] = txtStrings(value);
  const replacement = value.slice(value.lastIndexOf(' ') + 1);
  return {order: order ?? 0, preference: preference ?? 0, flags, services, regexp, replacement};
}
