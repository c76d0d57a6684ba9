import {readName} from './names.ts';
import {parameterBytes, parametersText} from './service-parameters.ts';
import {typeName} from './types.ts';
import {addressBytes, addressText, hexOf, quoted} from './value-text.ts';
import {bytesOf, readable, type Word, zoneFileName} from './zone-file-tokens.ts';

/** One record in Route 53's notation: names in lower case with octal escapes, strings quoted, none shortened. */
export interface ZoneRecord {
  readonly name: string;
  readonly type: string;
  readonly ttl: number;
  readonly value: string;
}

/** A place in a message, moved by each read. */
interface Cursor {
  readonly message: Buffer;
  readonly end: number;
  at: number;
}

/** One part of a record's data: its text from a message, and from a zone file. */
interface Field {
  read(cursor: Cursor): string;
  /** Removes the words that it needs from the front. */
  take(words: Word[], origin: string): string;
}

interface Rdata {
  readonly type: number;
  readonly at: number;
  readonly end: number;
}

/** Type and text of a record's data. An unknown type is written as in RFC 3597: `\# 4 0A000001`. */
export function rdataText(message: Buffer, {type, at, end}: Rdata): {type: string; value: string} {
  const name = typeName(type);
  const fields = layouts[name];
  const cursor = {message, at, end};
  return {
    type: name,
    value: fields
      ? fields
          .map((field) => field.read(cursor))
          .join(' ')
          .trim()
      : `\\# ${end - at} ${hexOf(message.subarray(at, end))}`.trim(),
  };
}

/** The same from the words of a zone file. Throws a `RangeError` where they do not fit the type. */
export function textFromWords(type: string, given: readonly Word[], origin: string): string {
  const words = [...given];
  if (words[0]?.text === '\\#') {
    const data = Buffer.from(
      words
        .slice(2)
        .map(({text}) => text)
        .join(''),
      'hex',
    );
    if (data.length !== Number(words[1]?.text)) {
      throw new RangeError(`it holds ${data.length} bytes and not ${words[1]?.text}`);
    }
    return readAlone(type, data);
  }
  const fields = layouts[type];
  if (!fields) {
    return words.map(({text}) => text).join(' ');
  }
  const text = fields
    .map((field) => field.take(words, origin))
    .join(' ')
    .trim();
  if (words.length > 0) {
    throw new RangeError(
      `"${readable(words[0]?.text ?? '')}" is one value too many for a record of type ${type}`,
    );
  }
  return text;
}

function readAlone(type: string, data: Buffer): string {
  const cursor = {message: data, at: 0, end: data.length};
  const fields = layouts[type];
  return fields
    ? fields
        .map((field) => field.read(cursor))
        .join(' ')
        .trim()
    : `\\# ${data.length} ${hexOf(data)}`.trim();
}

function bytes(cursor: Cursor, count: number): Buffer {
  if (cursor.at + count > cursor.end) {
    throw new RangeError('a record ends before its data');
  }
  cursor.at += count;
  return cursor.message.subarray(cursor.at - count, cursor.at);
}

const rest = (cursor: Cursor): Buffer => bytes(cursor, cursor.end - cursor.at);
const counted = (cursor: Cursor): Buffer => bytes(cursor, bytes(cursor, 1).readUInt8(0));

function word(words: Word[]): Word {
  const next = words.shift();
  if (!next) {
    throw new RangeError('a value is missing at the end');
  }
  return next;
}

const number = (length: 1 | 2 | 4): Field => ({
  read: (cursor) => String(bytes(cursor, length).readUIntBE(0, length)),
  take: (words) => {
    const {text} = word(words);
    if (!/^\d+$/.test(text) || Number(text) >= 256 ** length) {
      throw new RangeError(`"${readable(text)}" is not a number below ${256 ** length}`);
    }
    return String(Number(text));
  },
});

const address = (family: 'ipv4' | 'ipv6', length: number): Field => ({
  read: (cursor) => addressText(bytes(cursor, length)),
  take: (words) => addressText(addressBytes(readable(word(words).text), family)),
});

const name: Field = {
  read: (cursor) => {
    const {name: text, end} = readName(cursor.message, cursor.at);
    cursor.at = end;
    return text;
  },
  take: (words, origin) => zoneFileName(word(words).text, origin),
};

const tag: Field = {
  read: (cursor) => counted(cursor).toString('latin1').toLowerCase(),
  take: (words) => word(words).text.toLowerCase(),
};

const string: Field = {
  read: (cursor) => quoted(counted(cursor)),
  take: (words) => quoted(stringOf(word(words).text)),
};

const strings: Field = {
  read: (cursor) => {
    const texts: string[] = [];
    while (cursor.at < cursor.end) {
      texts.push(quoted(counted(cursor)));
    }
    return texts.join(' ');
  },
  take: (words) =>
    [word(words), ...words.splice(0)].map(({text}) => quoted(stringOf(text))).join(' '),
};

function stringOf(text: string): Buffer {
  const stringBytes = bytesOf(text);
  if (stringBytes.length > 255) {
    throw new RangeError(`a string of ${stringBytes.length} bytes is longer than 255`);
  }
  return stringBytes;
}

/** The value of a CAA record: a string without a length, up to the end. */
const openString: Field = {
  read: (cursor) => quoted(rest(cursor)),
  take: (words) => quoted(bytesOf(word(words).text)),
};

const hex: Field = {
  read: (cursor) => hexOf(rest(cursor)),
  take: (words) => {
    const digits = words
      .splice(0)
      .map(({text}) => text)
      .join('');
    if (!/^(?:[0-9a-f]{2})+$/i.test(digits)) {
      throw new RangeError(`"${readable(digits)}" is not a value in hexadecimal`);
    }
    return digits.toUpperCase();
  },
};

/** Service parameters (RFC 9460). */
const params: Field = {
  read: (cursor) => parametersText(rest(cursor)),
  take: (words) => parametersText(parameterBytes(words.splice(0).map(({text}) => text))),
};

const [u8, u16, u32] = [number(1), number(2), number(4)];
const digest = [u16, u8, u8, hex];
const service = [u16, name, params];

/** The fields of each type. */
const layouts: Readonly<Record<string, readonly Field[]>> = {
  A: [address('ipv4', 4)],
  AAAA: [address('ipv6', 16)],
  CNAME: [name],
  DNAME: [name],
  NS: [name],
  PTR: [name],
  MX: [u16, name],
  SRV: [u16, u16, u16, name],
  NAPTR: [u16, u16, string, string, string, name],
  TXT: [strings],
  SPF: [strings],
  CAA: [u8, tag, openString],
  DS: digest,
  CDS: digest,
  TLSA: [u8, u8, u8, hex],
  SSHFP: [u8, u8, hex],
  SVCB: service,
  HTTPS: service,
  SOA: [name, name, u32, u32, u32, u32, u32],
};
