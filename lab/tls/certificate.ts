import {createSign, generateKeyPairSync, type KeyObject, randomBytes} from 'node:crypto';
import {bitString, integer, nested, octets, oid, tagged, text, time} from './der.ts';

/** A certificate with its private key, both in PEM. */
export interface LabCertificate {
  readonly cert: string;
  readonly key: string;
}

/** An authority that signs certificates: the lab's own, or one that nobody trusts. */
interface LabAuthority {
  /** In PEM: who trusts it trusts all that it signs. */
  readonly cert: string;
  /** Signs a certificate for these names. */
  sign(names: readonly string[], validity?: Partial<Validity>): LabCertificate;
}

interface Validity {
  readonly from: Date;
  readonly to: Date;
}

const dayMs = 24 * 3_600_000;
const usual = (): Validity => ({
  from: new Date(Date.now() - dayMs),
  to: new Date(Date.now() + 90 * dayMs),
});

export function createAuthority(name: string): LabAuthority {
  const keys = newKeys();
  const issuer = commonName(name);
  const own = certificate({
    ...{issuer, subject: issuer, key: keys.publicKey, signedWith: keys.privateKey},
    validity: usual(),
    extensions: [extension(basicConstraints, nested(0x30, Buffer.from([0x01, 0x01, 0xff])), true)],
  });
  return {
    cert: pem(own),
    sign: (names, validity = {}) => {
      const {publicKey, privateKey} = newKeys();
      const alternatives = names.map((each) => tagged(0x82, Buffer.from(each, 'latin1')));
      const signed = certificate({
        ...{issuer, subject: commonName(names[0] ?? ''), key: publicKey},
        signedWith: keys.privateKey,
        validity: {...usual(), ...validity},
        extensions: [extension(subjectAltName, nested(0x30, ...alternatives), false)],
      });
      const key = privateKey.export({type: 'pkcs8', format: 'pem'}).toString();
      return {cert: `${pem(signed)}${pem(own)}`, key};
    },
  };
}

const newKeys = () => generateKeyPairSync('ec', {namedCurve: 'prime256v1'});

const ecdsaWithSha256 = nested(0x30, oid('1.2.840.10045.4.3.2'));
const subjectAltName = '2.5.29.17';
const basicConstraints = '2.5.29.19';

interface Contents {
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly key: KeyObject;
  readonly signedWith: KeyObject;
  readonly validity: Validity;
  readonly extensions: readonly Buffer[];
}

/** RFC 5280, 4.1. */
function certificate(contents: Contents): Buffer {
  const {issuer, subject, key, signedWith, validity, extensions} = contents;
  const serial = Buffer.concat([Buffer.from([0x01]), randomBytes(8)]);
  const body = nested(
    0x30,
    // Version 3, which alone has extensions.
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(serial),
    ecdsaWithSha256,
    issuer,
    nested(0x30, time(validity.from), time(validity.to)),
    subject,
    key.export({type: 'spki', format: 'der'}),
    tagged(0xa3, nested(0x30, ...extensions)),
  );
  const signature = createSign('sha256').update(body).sign(signedWith);
  return nested(0x30, body, ecdsaWithSha256, bitString(signature));
}

const commonName = (name: string): Buffer =>
  nested(0x30, nested(0x31, nested(0x30, oid('2.5.4.3'), text(name))));

const extension = (id: string, value: Buffer, critical: boolean): Buffer =>
  nested(0x30, oid(id), ...(critical ? [Buffer.from([0x01, 0x01, 0xff])] : []), octets(value));

const pem = (der: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{64}/g, '$&\n').trimEnd()}\n-----END CERTIFICATE-----\n`;
