import {createHash} from 'node:crypto';
import type {Answer} from 'dns-packet';
import {nameBytes} from 'switcharoo/name-servers';

/** A public key as a DNSKEY record has it. */
export interface ZoneKey {
  readonly flags: number;
  readonly algorithm: number;
  /** In base64. */
  readonly publicKey: string;
}

/** The DS record of a key (RFC 4034, 5; SHA-256). */
export function dsOf(domain: string, {flags, algorithm, publicKey}: ZoneKey) {
  const rdata = Buffer.concat([
    Buffer.from([flags >> 8, flags & 255, 3, algorithm]),
    Buffer.from(publicKey, 'base64'),
  ]);
  const digest = createHash('sha256').update(nameBytes(domain)).update(rdata).digest('hex');
  return {keyTag: keyTagOf(rdata), algorithm, digestType: 2, digest: digest.toUpperCase()};
}

/** RFC 4034, appendix B. */
function keyTagOf(rdata: Buffer): number {
  const sum = rdata.reduce((total, byte, at) => total + (at % 2 === 0 ? byte << 8 : byte), 0);
  return (sum + (sum >> 16)) & 0xffff;
}

/** Whether one of a zone's keys has one of these DS records. The lab's resolver checks that, and no signature. */
export const hasDsFor = (
  domain: string,
  dsRecords: readonly Answer[],
  keys: readonly Answer[],
): boolean =>
  keys.some((key) => {
    if (key.type !== 'DNSKEY') {
      return false;
    }
    const {flags, algorithm} = key.data;
    const expected = dsOf(domain, {flags, algorithm, publicKey: key.data.key.toString('base64')});
    return dsRecords.some(
      (record) =>
        record.type === 'DS' &&
        record.data.keyTag === expected.keyTag &&
        record.data.digest.toString('hex').toUpperCase() === expected.digest,
    );
  });
