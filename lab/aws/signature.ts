import {createHash, createHmac} from 'node:crypto';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A key that AWS knows: one that lasts, or that of a session. */
interface KnownKey {
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly endsAtMs?: number;
}

/** A request as it came over the wire: `url` undecoded, since it was signed so. */
interface SignedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
}

/** What the `Authorization` header of a request claims. */
export interface Claim {
  readonly accessKeyId: string;
  /** `date/region/service/aws4_request`. */
  readonly scope: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

type SignatureFault = 'unknownKey' | 'wrongSignature' | 'tooOld' | 'tooNew' | 'sessionOver';

/** AWS takes a request for this long (AWS General Reference, "Signature Version 4: date handling"). */
const validMs = 5 * 60_000;

const authorization =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8}\/([^/]+)\/([^/]+)\/aws4_request), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;

export function claimOf(headers: SignedRequest['headers']): Claim | undefined {
  const match = authorization.exec(headers['authorization'] ?? '');
  const [, accessKeyId, scope, region, service, signedHeaders, signature] = match ?? [];
  return accessKeyId && scope && region && service && signedHeaders && signature
    ? {accessKeyId, scope, region, service, signedHeaders: signedHeaders.split(';'), signature}
    : undefined;
}

/** Signs the request again with the real secret, and says what is wrong with the signature that it carries. */
export function signatureFault(
  request: SignedRequest,
  claim: Claim,
  key: KnownKey | undefined,
  nowMs: number,
): SignatureFault | undefined {
  // A token that belongs to no session of this account is one that AWS does not know.
  if (!key || request.headers['x-amz-security-token'] !== key.sessionToken) {
    return 'unknownKey';
  }
  if (
    !claim.signedHeaders.includes('host') ||
    signatureOf(request, claim, key.secretAccessKey) !== claim.signature
  ) {
    return 'wrongSignature';
  }
  const ageMs = nowMs - millisecondsOf(request.headers['x-amz-date'] ?? '');
  if (Math.abs(ageMs) > validMs) {
    return ageMs > 0 ? 'tooOld' : 'tooNew';
  }
  return key.endsAtMs !== undefined && key.endsAtMs <= nowMs ? 'sessionOver' : undefined;
}

function signatureOf(
  request: SignedRequest,
  {scope, service, signedHeaders}: Claim,
  secret: string,
): string {
  const canonical = canonicalRequest(request, signedHeaders, service);
  const date = request.headers['x-amz-date'] ?? '';
  const toSign = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n');
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${secret}`);
  return hmac(key, toSign).toString('hex');
}

/** AWS General Reference, "Create a canonical request". */
function canonicalRequest(
  {method, url, headers, bytes}: SignedRequest,
  signed: readonly string[],
  service: string,
): string {
  const [path = '/', search = ''] = url.split('?', 2);
  return [
    method,
    // Every service but S3 signs the path encoded twice.
    service === 's3' ? path : path.split('/').map(encoded).join('/'),
    canonicalQuery(search),
    ...signed.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/\s+/g, ' ')}`),
    '',
    signed.join(';'),
    sha256(bytes),
  ].join('\n');
}

function canonicalQuery(search: string): string {
  const pairs = search
    .split('&')
    .filter(Boolean)
    .map((pair) => {
      const [name = '', value = ''] = pair.split('=', 2);
      return `${encoded(decodeURIComponent(name))}=${encoded(decodeURIComponent(value))}`;
    });
  return pairs.sort().join('&');
}

const encoded = (text: string): string =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
const sha256 = (text: string | Uint8Array): string =>
  createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer =>
  createHmac('sha256', key).update(text).digest();

function millisecondsOf(amzDate: string): number {
  return Date.parse(
    amzDate.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'),
  );
}
