import {SocketAddress} from 'node:net';
import {octal} from './names.ts';

export const hexOf = (bytes: Buffer): string => bytes.toString('hex').toUpperCase();

/** As Route 53 writes it: quotes and backslashes escaped, characters that cannot be printed in octal. */
export const quoted = (bytes: Buffer): string =>
  `"${[...bytes]
    .map((byte) => {
      const letter = String.fromCharCode(byte);
      return /["\\]/.test(letter) ? `\\${letter}` : /[ -~]/.test(letter) ? letter : octal(byte);
    })
    .join('')}"`;

/** Of 4 or 16 bytes. */
export function addressText(bytes: Buffer): string {
  if (bytes.length === 4) {
    return [...bytes].join('.');
  }
  const groups = hexOf(bytes).match(/.{4}/g) ?? [];
  return new SocketAddress({address: groups.join(':'), family: 'ipv6'}).address;
}

/** Throws a `RangeError` where the text is no address of the family. */
export function addressBytes(text: string, family: 'ipv4' | 'ipv6'): Buffer {
  let address: string;
  try {
    ({address} = new SocketAddress({address: text, family}));
  } catch {
    throw new RangeError(`"${text}" is not an address of type ${family}`);
  }
  if (family === 'ipv4') {
    return Buffer.from(address.split('.').map(Number));
  }
  const [head = '', tail] = ipv6Groups(address).split('::');
  const [before, after] = [head, tail ?? ''].map((part) => part.split(':').filter(Boolean));
  const missing = 8 - (before?.length ?? 0) - (after?.length ?? 0);
  const zeros = Array.from({length: tail === undefined ? 0 : missing}, () => '0');
  const groups = [...(before ?? []), ...zeros, ...(after ?? [])];
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex');
}

/** `::ffff:192.0.2.1` ends with an IPv4 address: two groups. */
const ipv6Groups = (address: string): string =>
  address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_address, ...numbers: string[]) => {
    const hex = hexOf(Buffer.from(numbers.slice(0, 4).map(Number)));
    return `${hex.slice(0, 4)}:${hex.slice(4)}`;
  });
