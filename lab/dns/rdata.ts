import type {Answer} from 'dns-packet';
import {txtStrings} from 'switcharoo/name-servers';

/** A value of a record set, as Route 53 writes it, as the answer that goes over the wire. */
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
      // One character is one byte there: dns-packet would make two of those above 127.
      return {...common, type, data: txtStrings(value).map((text) => Buffer.from(text, 'latin1'))};
    case 'CAA':
      return {...common, type, data: caaOf(first, second, value)};
    case 'DS':
      return {
        ...common,
        type,
        data: {
          keyTag: Number(first),
          algorithm: Number(second),
          digestType: Number(third),
          digest: Buffer.from(fourth, 'hex'),
        },
      };
    case 'SSHFP':
      return {
        ...common,
        type,
        data: {algorithm: Number(first), hash: Number(second), fingerprint: third},
      };
    case 'TLSA':
      return {
        ...common,
        type,
        data: {
          usage: Number(first),
          selector: Number(second),
          matchingType: Number(third),
          certificate: Buffer.from(fourth, 'hex'),
        },
      };
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
      throw new TypeError(`The lab's name server does not know records of type ${type}.`);
  }
}

/** `mname rname serial refresh retry expire minimum`. */
export function soaOf(value: string) {
  const [mname = '', rname = '', ...numbers] = value.trim().split(/\s+/);
  const [serial = 1, refresh = 7200, retry = 900, expire = 1_209_600, minimum = 86_400] =
    numbers.map(Number);
  return {mname, rname, serial, refresh, retry, expire, minimum};
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
