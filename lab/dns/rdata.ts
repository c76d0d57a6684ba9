import type {Answer} from 'dns-packet';
import {txtStrings} from '../../steps/dns/values.ts';

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
      return {...common, type, data: [...txtStrings(value)]};
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
