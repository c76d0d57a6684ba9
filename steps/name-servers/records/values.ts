import {SocketAddress} from 'node:net';
import type {Answer} from 'dns-packet';

/** One record of an answer, in canonical text: two that are equal are the same record. */
export interface DnsRecord {
  readonly name: string;
  readonly type: string;
  /** Seconds: of an authoritative server the configured ones, of a resolver those that remain. */
  readonly ttl: number;
  readonly value: string;
}

/** Lower case, with the trailing dot; Route 53's octal escapes (`\052` is `*`) decoded. */
export function canonicalName(name: string): string {
  const plain = unescaped(name).toLowerCase();
  return plain.endsWith('.') ? plain : `${plain}.`;
}

/** The canonical text of a value that an operator or Route 53 wrote: case, trailing dots and quotes vary there. */
export function canonicalValue(type: string, value: string): string {
  const words = value.trim().split(/\s+/);
  switch (type) {
    case 'AAAA':
      return canonicalAddress(value.trim());
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return canonicalName(value.trim());
    case 'MX':
    case 'SRV':
      return [...words.slice(0, -1).map(Number), canonicalName(words.at(-1) ?? '')].join(' ');
    case 'TXT':
      return quoted(txtStrings(bytesAsText(value)));
    default:
      return words.join(' ');
  }
}

/** The strings of a TXT value: `"one" "two"`, quotes and backslashes escaped, other octets as `\ooo`. */
export function txtStrings(value: string): readonly string[] {
  const strings = value.match(/"(?:\\.|[^"\\])*"/g);
  return strings ? strings.map((text) => unescaped(text.slice(1, -1))) : [value];
}

/** A decoded answer as a record. Types that no gate compares are printed in hexadecimal. */
export function recordOf(answer: Exclude<Answer, {type: 'OPT'}>): DnsRecord {
  const {name, type, ttl} = answer;
  return {name: canonicalName(name), type, ttl: ttl ?? 0, value: textOf(answer)};
}

function textOf(answer: Exclude<Answer, {type: 'OPT'}>): string {
  switch (answer.type) {
    case 'A':
    case 'AAAA':
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return canonicalValue(answer.type, answer.data);
    case 'MX':
      return canonicalValue('MX', `${answer.data.preference ?? 0} ${answer.data.exchange}`);
    case 'SRV': {
      const {priority = 0, weight = 0, port, target} = answer.data;
      return canonicalValue('SRV', `${priority} ${weight} ${port} ${target}`);
    }
    case 'TXT':
      return quoted([answer.data].flat().map(bytesAsText));
    case 'CAA':
      return `${answer.data.flags ?? 0} ${answer.data.tag} "${answer.data.value}"`;
    case 'SOA':
      return Object.values(answer.data).join(' ');
    default:
      return Buffer.isBuffer(answer.data)
        ? answer.data.toString('hex')
        : JSON.stringify(answer.data);
  }
}

function canonicalAddress(address: string): string {
  try {
    return new SocketAddress({address, family: 'ipv6'}).address;
  } catch {
    return address;
  }
}

/** One character a byte: Route 53 writes `\303\244` where a person writes `ä`, and a server sends two bytes. */
const bytesAsText = (text: string | Buffer): string =>
  (typeof text === 'string' ? Buffer.from(text) : text).toString('latin1');

const quoted = (strings: readonly string[]) =>
  strings.map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`).join(' ');

const unescaped = (text: string) =>
  text.replace(/\\([0-3][0-7]{2})|\\(.)/g, (_, octal?: string, plain?: string) =>
    octal === undefined ? (plain ?? '') : String.fromCharCode(Number.parseInt(octal, 8)),
  );
