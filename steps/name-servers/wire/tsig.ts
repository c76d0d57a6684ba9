import {createHmac, timingSafeEqual} from 'node:crypto';
import {nameBytes, readName} from '../records/names.ts';

/** A secret that two name servers share (RFC 8945). */
export interface TsigKey {
  readonly name: string;
  readonly algorithm: TsigAlgorithm;
  /** In base64, as in the key clause of a name server's configuration. */
  readonly secret: string;
}

export const tsigAlgorithms = [
  'hmac-sha1',
  'hmac-sha224',
  'hmac-sha256',
  'hmac-sha384',
  'hmac-sha512',
] as const;
type TsigAlgorithm = (typeof tsigAlgorithms)[number];

const tsigType = 250;
const fudgeSeconds = 300;
/** The most unsigned messages between two signed ones (RFC 8945, 5.3.1). */
const mostUnsigned = 99;

const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);

function u48(value: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(value, 0, 6);
  return bytes;
}

/** The signature is the last of the additional records, and counts as one of them. */
function withAdditionals(message: Buffer, more: number): Buffer {
  const copy = Buffer.from(message);
  copy.writeUInt16BE(copy.readUInt16BE(10) + more, 10);
  return copy;
}

interface Signed {
  readonly time: number;
  readonly fudge: number;
  readonly error: number;
  readonly other: Buffer;
}

function macOf(
  {name, algorithm, secret}: TsigKey,
  parts: readonly Buffer[],
  signed: Signed | undefined,
): Buffer {
  const hmac = createHmac(algorithm.slice('hmac-'.length), Buffer.from(secret, 'base64'));
  for (const part of parts) {
    hmac.update(part);
  }
  if (signed) {
    const {time, fudge, error, other} = signed;
    // Class ANY, TTL 0.
    hmac.update(
      Buffer.concat([
        nameBytes(name.toLowerCase()),
        u16(255),
        Buffer.alloc(4),
        nameBytes(algorithm),
        u48(time),
        u16(fudge),
        u16(error),
        u16(other.length),
        other,
      ]),
    );
  }
  return hmac.digest();
}

/** Signs a query. The signature of the reply covers `mac`, too. */
export function signed(
  query: Buffer,
  key: TsigKey,
  nowMs: number,
): {readonly message: Buffer; readonly mac: Buffer} {
  const time = Math.floor(nowMs / 1_000);
  const mac = macOf(key, [query], {time, fudge: fudgeSeconds, error: 0, other: Buffer.alloc(0)});
  const rdata = Buffer.concat([
    nameBytes(key.algorithm),
    u48(time),
    u16(fudgeSeconds),
    u16(mac.length),
    mac,
    query.subarray(0, 2),
    u16(0),
    u16(0),
  ]);
  const record = Buffer.concat([
    nameBytes(key.name.toLowerCase()),
    u16(tsigType),
    u16(255),
    Buffer.alloc(4),
    u16(rdata.length),
    rdata,
  ]);
  return {message: Buffer.concat([withAdditionals(query, 1), record]), mac};
}

/** Checks the messages of one transfer, in the order in which they come. */
export class TsigVerifier {
  readonly #key: TsigKey;
  #mac: Buffer;
  #unsigned: Buffer[] = [];
  #first = true;

  constructor(key: TsigKey, queryMac: Buffer) {
    this.#key = key;
    this.#mac = queryMac;
  }

  /** Throws when a message was not signed with the key, or long ago. */
  take(message: Buffer, lastRecordAt: number, nowMs: number): void {
    const tsig = tsigAt(message, lastRecordAt);
    if (!tsig) {
      this.#unsigned.push(message);
      if (this.#first || this.#unsigned.length > mostUnsigned) {
        throw new Error('its reply is not signed');
      }
      return;
    }
    if (tsig.error !== 0) {
      throw new Error(
        `it does not accept the key ${this.#key.name} (${errorNames[tsig.error] ?? tsig.error})`,
      );
    }
    const plain = withAdditionals(message.subarray(0, lastRecordAt), -1);
    tsig.originalId.copy(plain);
    const parts = [u16(this.#mac.length), this.#mac, ...this.#unsigned, plain];
    // All but the first are signed over the time alone (RFC 8945, 5.3.1).
    const timers = this.#first ? [] : [u48(tsig.time), u16(tsig.fudge)];
    const due = macOf(this.#key, [...parts, ...timers], this.#first ? tsig : undefined);
    if (due.length !== tsig.mac.length || !timingSafeEqual(due, tsig.mac)) {
      throw new Error(`its reply is not signed with the key ${this.#key.name}`);
    }
    if (Math.abs(nowMs / 1_000 - tsig.time) > tsig.fudge) {
      throw new Error(
        'its reply is signed at another time than now: one of the two clocks is wrong',
      );
    }
    this.#mac = tsig.mac;
    this.#unsigned = [];
    this.#first = false;
  }

  /** The last message has to be a signed one. */
  end(): void {
    if (this.#unsigned.length > 0) {
      throw new Error('the end of its reply is not signed');
    }
  }
}

const errorNames: Readonly<Record<number, string>> = {
  16: 'BADSIG',
  17: 'BADKEY',
  18: 'BADTIME',
  22: 'BADTRUNC',
};

function tsigAt(
  message: Buffer,
  at: number,
): (Signed & {readonly mac: Buffer; readonly originalId: Buffer}) | undefined {
  if (message.readUInt16BE(10) === 0) {
    return undefined;
  }
  const {end} = readName(message, at);
  if (message.readUInt16BE(end) !== tsigType) {
    return undefined;
  }
  let place = readName(message, end + 10).end;
  const next = (count: number): Buffer => {
    place += count;
    return message.subarray(place - count, place);
  };
  const time = next(6).readUIntBE(0, 6);
  const fudge = next(2).readUInt16BE(0);
  const mac = next(next(2).readUInt16BE(0));
  const originalId = next(2);
  const error = next(2).readUInt16BE(0);
  return {time, fudge, mac, originalId, error, other: next(next(2).readUInt16BE(0))};
}
