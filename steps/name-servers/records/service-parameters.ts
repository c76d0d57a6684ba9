import {addressBytes, addressText, quoted} from './value-text.ts';
import {bytesOf, readable} from './zone-file-tokens.ts';

/** Service parameters of SVCB and HTTPS (RFC 9460, 14.3.2), by their keys. Newer ones keep their number: `key7`. */
const names = ['mandatory', 'alpn', 'no-default-alpn', 'port', 'ipv4hint', 'ech', 'ipv6hint'];
/** Names that a zone file may have for those. */
const newerNames: Readonly<Record<string, number>> = {
  dohpath: 7,
  ohttp: 8,
  'tls-supported-groups': 9,
};

const parameterName = (key: number): string => names[key] ?? `key${key}`;

/** As a name server sends them, in Route 53's notation. */
export function parametersText(bytes: Buffer): string {
  const texts: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const key = bytes.readUInt16BE(at);
    const end = at + 4 + bytes.readUInt16BE(at + 2);
    if (end > bytes.length) {
      throw new RangeError('a record ends before its data');
    }
    const text = valueText(key, bytes.subarray(at + 4, end));
    texts.push(text === '' ? parameterName(key) : `${parameterName(key)}=${text}`);
    at = end;
  }
  return texts.join(' ');
}

/** The words of a zone file as a name server sends them: in the order of their keys. Throws a `RangeError`. */
export function parameterBytes(words: readonly string[]): Buffer {
  const parameters = words.map(parameterOf).sort((first, second) => first.key - second.key);
  return Buffer.concat(
    parameters.map(({key, value}) => {
      const header = Buffer.alloc(4);
      header.writeUInt16BE(key, 0);
      header.writeUInt16BE(value.length, 2);
      return Buffer.concat([header, value]);
    }),
  );
}

function parameterOf(word: string): {readonly key: number; readonly value: Buffer} {
  const [, name = '', text = ''] = /^([^=]*)(?:=([\s\S]*))?$/.exec(word) ?? [];
  const key = keyOf(name);
  const plain = /^"([\s\S]*)"$/.exec(text)?.[1] ?? text;
  return {key, value: valueBytes(key, plain, word)};
}

function keyOf(name: string): number {
  const at = names.indexOf(name.toLowerCase());
  const key = at < 0 ? (newerNames[name.toLowerCase()] ?? numberOf(name)) : at;
  if (key === undefined) {
    throw new RangeError(`"${readable(name)}" is not a service parameter`);
  }
  return key;
}

function numberOf(name: string): number | undefined {
  const digits = /^key(\d{1,5})$/i.exec(name)?.[1];
  return digits === undefined || Number(digits) > 65_535 ? undefined : Number(digits);
}

function valueText(key: number, value: Buffer): string {
  const pieces = (length: number): Buffer[] =>
    Array.from({length: value.length / length}, (_, index) =>
      value.subarray(index * length, (index + 1) * length),
    );
  switch (parameterName(key)) {
    case 'mandatory':
      return pieces(2)
        .map((piece) => parameterName(piece.readUInt16BE(0)))
        .join(',');
    case 'alpn':
      return `"${protocolsIn(value)
        .map((protocol) => quoted(protocol).slice(1, -1))
        .join(',')}"`;
    case 'port':
      return String(value.readUInt16BE(0));
    case 'ipv4hint':
      return pieces(4).map(addressText).join(',');
    case 'ipv6hint':
      return pieces(16).map(addressText).join(',');
    case 'ech':
      return value.toString('base64');
    default:
      return value.length === 0 ? '' : quoted(value);
  }
}

function protocolsIn(value: Buffer): readonly Buffer[] {
  const protocols: Buffer[] = [];
  for (let at = 0; at < value.length; at += 1 + value.readUInt8(at)) {
    protocols.push(value.subarray(at + 1, at + 1 + value.readUInt8(at)));
  }
  return protocols;
}

function valueBytes(key: number, text: string, word: string): Buffer {
  const parts = text.split(',');
  switch (parameterName(key)) {
    case 'mandatory':
      return Buffer.concat(parts.map(keyOf).sort(byNumber).map(shortBytes));
    case 'alpn':
      return Buffer.concat(
        parts.map(bytesOf).flatMap((part) => [Buffer.from([part.length]), part]),
      );
    case 'port':
      if (!/^\d+$/.test(text) || Number(text) > 65_535) {
        throw new RangeError(`"${readable(word)}" has no valid port`);
      }
      return shortBytes(Number(text));
    case 'ipv4hint':
      return Buffer.concat(parts.map((part) => addressBytes(part, 'ipv4')));
    case 'ipv6hint':
      return Buffer.concat(parts.map((part) => addressBytes(part, 'ipv6')));
    case 'ech':
      return Buffer.from(text, 'base64');
    default:
      return bytesOf(text);
  }
}

const byNumber = (first: number, second: number): number => first - second;

function shortBytes(number: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(number);
  return bytes;
}
