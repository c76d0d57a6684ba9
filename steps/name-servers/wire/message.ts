import {randomInt} from 'node:crypto';
import {nameBytes, readName} from '../records/names.ts';
import {rdataText, type ZoneRecord} from '../records/rdata.ts';
import {typeNumber} from '../records/types.ts';

// dns-packet reads every label as UTF-8 text without dots. Names that are copied exactly are read here, byte by byte.

/** A message, its records in Route 53's own notation. */
interface Message {
  readonly id: number;
  readonly rcode: number;
  readonly authoritative: boolean;
  readonly answers: readonly ZoneRecord[];
  readonly authorities: readonly ZoneRecord[];
  readonly additionals: readonly ZoneRecord[];
  /** Where its last record begins: a signature has to be the last one. */
  readonly lastRecordAt: number;
}

const headerLength = 12;
const optType = 41;
const tsigType = 250;
// What fits into one unfragmented packet everywhere (DNS Flag Day 2020).
const udpPayloadSize = 1232;

/** RFC 2181, 8: with the highest bit set it is 0. */
const ttlFrom = (bits: number): number => (bits >= 2 ** 31 ? 0 : bits);

/** Reads a whole message. Throws what `Buffer` throws when it is cut off. */
export function readMessage(message: Buffer): Message {
  const flags = message.readUInt16BE(2);
  const [questions = 0, ...counts] = [4, 6, 8, 10].map((at) => message.readUInt16BE(at));
  let at = headerLength;
  for (let left = questions; left > 0; left -= 1) {
    at = readName(message, at).end + 4;
  }
  let lastRecordAt = at;
  const sections = counts.map((count) => {
    const records: ZoneRecord[] = [];
    for (let left = count; left > 0; left -= 1) {
      const {name, end} = readName(message, at);
      const type = message.readUInt16BE(end);
      const rdataAt = end + 10;
      const rdataEnd = rdataAt + message.readUInt16BE(end + 8);
      if (type !== optType && type !== tsigType) {
        records.push({
          name,
          ttl: ttlFrom(message.readUInt32BE(end + 4)),
          ...rdataText(message, {type, at: rdataAt, end: rdataEnd}),
        });
      }
      lastRecordAt = at;
      at = rdataEnd;
    }
    return records;
  });
  const [answers = [], authorities = [], additionals = []] = sections;
  return {
    id: message.readUInt16BE(0),
    rcode: flags & 15,
    authoritative: (flags & 0x0400) !== 0,
    answers,
    authorities,
    additionals,
    lastRecordAt,
  };
}

/** The message of a question. A transfer has no EDNS: it is more than one message. */
export function questionMessage(
  {name, type}: {readonly name: string; readonly type: string},
  {recursive, edns = true}: {readonly recursive: boolean; readonly edns?: boolean},
): Buffer {
  const header = Buffer.alloc(headerLength);
  header.writeUInt16BE(randomInt(65_536), 0);
  header.writeUInt16BE(recursive ? 0x0100 : 0, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(edns ? 1 : 0, 10);
  const tail = Buffer.alloc(4);
  tail.writeUInt16BE(typeNumber(type), 0);
  tail.writeUInt16BE(1, 2); // IN
  const opt = Buffer.alloc(11);
  opt.writeUInt16BE(optType, 1);
  opt.writeUInt16BE(udpPayloadSize, 3);
  return Buffer.concat([header, nameBytes(name), tail, ...(edns ? [opt] : [])]);
}
