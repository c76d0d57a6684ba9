/**
 * A payload of DUMP ends with two bytes of the version of the RDB format, low byte first, and eight of a CRC-64 of all
 * before (Redis documentation, DUMP; verifyDumpPayload in cluster.c).
 */
const footerBytes = 10;

export const payloadVersion = (payload: Buffer): number =>
  payload.readUInt16LE(payload.length - footerBytes);

/** What was dumped, without the version of the server that did it. */
export const payloadBody = (payload: Buffer): Buffer =>
  payload.subarray(0, payload.length - footerBytes);

/** The versions that are tried: 6 is of Redis 2.6, 12 of Redis 8, 80 of Valkey 9. */
export const triedVersions: readonly number[] = Array.from({length: 95}, (_, index) => index + 6);

/**
 * A payload that a server of this version reads and then finds to hold no type that there is: RESTORE checks the
 * version and the CRC first, and writes nothing.
 */
export function emptyPayload(version: number): Buffer {
  const checked = Buffer.from([0xff, version & 0xff, version >> 8]);
  const crc = Buffer.alloc(8);
  crc.writeBigUInt64LE(crc64(checked));
  return Buffer.concat([checked, crc]);
}

/** CRC-64 with the polynomial of Jones, reflected, from 0 (crc64.c of Redis). */
export function crc64(bytes: Buffer): bigint {
  const polynomial = 0x95ac9329ac4bc9b5n;
  let crc = 0n;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit += 1) {
      crc = crc & 1n ? (crc >> 1n) ^ polynomial : crc >> 1n;
    }
  }
  return crc;
}
