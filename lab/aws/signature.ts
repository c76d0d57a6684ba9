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
  /** What the query of a signed URL says instead of headers. */
  readonly inQuery?: {
    readonly date: string;
    readonly token: string | undefined;
    readonly validMs: number;
  };
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

/** What a signed URL claims (API reference of S3, "Authenticating Requests: Using Query Parameters"). */
export function claimIn(query: URLSearchParams): Claim | undefined {
  const [accessKeyId, ...parts] = (query.get('X-Amz-Credential') ?? '').split('/');
  const [, region, service] = parts;
  const signature = query.get('X-Amz-Signature');
  if (!accessKeyId || !region || !service || !signature) {
    return undefined;
  }
  return {
    ...{accessKeyId, region, service, signature, scope: parts.join('/')},
    signedHeaders: (query.get('X-Amz-SignedHeaders') ?? '').split(';'),
    inQuery: {
      date: query.get('X-Amz-Date') ?? '',
      token: query.get('X-Amz-Security-Token') ?? undefined,
      validMs: Number(query.get('X-Amz-Expires') ?? 0) * 1_000,
    },
  };
}

const dateOf = ({headers}: SignedRequest, {inQuery}: Claim): string =>
  inQuery?.date ?? headers['x-amz-date'] ?? '';

/** Signs the request again with the real secret, and says what is wrong with the signature that it carries. */
export function signatureFault(
  request: SignedRequest,
  claim: Claim,
  key: KnownKey | undefined,
  nowMs: number,
): SignatureFault | undefined {
  // A token that belongs to no session of this account is one that AWS does not know.
  const {inQuery} = claim;
  const token = inQuery ? inQuery.token : request.headers['x-amz-security-token'];
  if (!key || token !== key.sessionToken) {
    return 'unknownKey';
  }
  if (
    !claim.signedHeaders.includes('host') ||
    signatureOf(request, claim, key.secretAccessKey) !== claim.signature
  ) {
    return 'wrongSignature';
  }
  const ageMs = nowMs - millisecondsOf(dateOf(request, claim));
  if (ageMs > (inQuery?.validMs ?? validMs) || ageMs < -validMs) {
    return ageMs > 0 ? 'tooOld' : 'tooNew';
  }
  return key.endsAtMs !== undefined && key.endsAtMs <= nowMs ? 'sessionOver' : undefined;
}

function signatureOf(request: SignedRequest, claim: Claim, secret: string): string {
  const {scope} = claim;
  const canonical = canonicalRequest(request, claim);
  const date = dateOf(request, claim);
  const toSign = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n');
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${secret}`);
  return hmac(key, toSign).toString('hex');
}

/** AWS General Reference, "Create a canonical request". */
function canonicalRequest(
  {method, url, headers, bytes}: SignedRequest,
  {signedHeaders: signed, service, inQuery}: Claim,
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
    inQuery ? 'UNSIGNED-PAYLOAD' : sha256(bytes),
  ].join('\n');
}

function canonicalQuery(search: string): string {
  const pairs = search
    .split('&')
    .filter((pair) => pair !== '' && !pair.startsWith('X-Amz-Signature='))
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
