import {createHash, randomBytes} from 'node:crypto';
import {arnIn, regionOf} from './partition.ts';
import type {Asked} from './policy.ts';
import {AwsError, xmlReply} from './replies.ts';
import {
  actionOf,
  contextOf,
  kmsActionOf,
  refuseUnless,
  refuseWithoutChecksum,
} from './s3-access.ts';
import {
  type Bucket,
  currentOf,
  keysOf,
  listing,
  namespace,
  type Version,
  versionListing,
} from './s3-lists.ts';
import type {AwsReply, AwsRequest, AwsService} from './service.ts';

interface S3Options {
  /** By bucket, then by key. */
  readonly buckets: Readonly<Record<string, Readonly<Record<string, string | Uint8Array>>>>;
  /** As some stores do that speak the protocol of S3. */
  readonly ignoresConditions?: boolean;
  /** Buckets without versions; every other one keeps them. */
  readonly unversioned?: readonly string[];
  /** Buckets with Object Lock, which keep each object for a year. */
  readonly locked?: readonly string[];
  /** The ARNs of the KMS keys with which buckets encrypt. */
  readonly keys?: Readonly<Record<string, string>>;
  /** What IAM, or the policy of the bucket, says of a request. */
  readonly allows?: (asked: Asked) => boolean;
  /** The condition keys that say who sent it. */
  readonly principalOf?: (headers: AwsRequest['headers']) => Asked['context'];
}

export interface S3 extends AwsService {
  /** Puts an object as somebody else would. */
  put(bucket: string, key: string, content: string | Uint8Array): void;
  /** Deletes an object as somebody else would. */
  remove(bucket: string, key: string): void;
  /** All objects of a bucket, as texts. */
  contents(bucket: string): Readonly<Record<string, string>>;
}

/** S3 of the lab: path-style buckets in memory, read and written over the real wire protocol. */
export function createS3(options: S3Options): S3 {
  const buckets = new Map(Object.keys(options.buckets).map((name) => [name, new Map() as Bucket]));
  for (const [name, objects] of Object.entries(options.buckets)) {
    for (const [key, content] of Object.entries(objects)) {
      addVersion(bucketOf(buckets, name), key, Buffer.from(content));
    }
  }
  return {
    signingName: 's3',
    operationOf,
    handle: async (request) => replyTo(request, buckets, options),
    put: (bucket, key, content) =>
      void addVersion(bucketOf(buckets, bucket), key, Buffer.from(content)),
    remove: (bucket, key) =>
      void deletion(bucketOf(buckets, bucket), key, !(options.unversioned ?? []).includes(bucket)),
    contents: (name) => {
      const bucket = bucketOf(buckets, name);
      return Object.fromEntries(
        keysOf(bucket).map((key) => {
          return [key, Buffer.from(currentOf(bucket, key)?.bytes ?? []).toString('utf8')];
        }),
      );
    },
  };
}

function replyTo(
  request: AwsRequest,
  buckets: ReadonlyMap<string, Bucket>,
  {ignoresConditions = false, unversioned = [], locked = [], keys = {}, ...iam}: S3Options,
): AwsReply {
  const {bucket: name, key} = placeOf(request);
  const operation = operationOf(request);
  const arn = `${arnIn(regionOf(request.headers))}:s3:::${name}`;
  const {allows = () => true, principalOf = () => ({})} = iam;
  const may = (action: string, more: Asked['context'] = {}, at = key) => {
    const context = {...principalOf(request.headers), ...more};
    return allows({action, resource: `${arn}${at === '' ? '' : `/${at}`}`, context});
  };
  refuseUnless(may(actionOf(operation), contextOf(request)));
  const kmsAction = kmsActionOf(operation);
  const resource = keys[name];
  if (resource !== undefined && kmsAction !== undefined) {
    const context = principalOf(request.headers);
    refuseUnless(allows({action: kmsAction, resource, context}));
  }
  const bucket = bucketOf(buckets, name);
  switch (operation) {
    case 'ListObjectsV2':
      return listing(name, bucket, request.query);
    case 'ListObjectVersions':
      return versionListing(name, bucket, request.query, !unversioned.includes(name));
    case 'GetBucketVersioning':
      return xmlReply('VersioningConfiguration', namespace, {
        Status: unversioned.includes(name) ? undefined : 'Enabled',
      });
    case 'GetObjectLockConfiguration':
      return lockReply(locked.includes(name));
    case 'GetObject':
    case 'HeadObject':
      // Who may not list learns of no key whether it is there (API reference, GetObject).
      refuseUnless(currentOf(bucket, key) !== undefined || may('s3:ListBucket', {}, ''));
      return objectReply(bucket, key, request);
    case 'DeleteObject':
      return deletion(bucket, key, !unversioned.includes(name));
    case 'PutObject':
      refuseWithoutChecksum(request, locked.includes(name));
      return putReply(bucket, key, ignoresConditions ? {...request, headers: {}} : request);
    default:
      throw new AwsError('NotImplemented', 'This lab has no such operation.', 501);
  }
}

function lockReply(isLocked: boolean): AwsReply {
  if (!isLocked) {
    throw new AwsError(
      'ObjectLockConfigurationNotFoundError',
      'Object Lock configuration does not exist for this bucket',
      404,
    );
  }
  return xmlReply('ObjectLockConfiguration', namespace, {
    ObjectLockEnabled: 'Enabled',
    Rule: {DefaultRetention: {Mode: 'GOVERNANCE', Days: 365}},
  });
}

/** Also where there is no such object (API reference, DeleteObject). */
function deletion(bucket: Bucket, key: string, isVersioned: boolean): AwsReply {
  if (!isVersioned) {
    bucket.delete(key);
    return {status: 204, body: ''};
  }
  const marker = {...addVersion(bucket, key, Buffer.alloc(0)), isMarker: true} as const;
  bucket.set(key, [marker, ...(bucket.get(key) ?? []).slice(1)]);
  const headers = {'x-amz-delete-marker': 'true', 'x-amz-version-id': marker.id};
  return {status: 204, headers, body: ''};
}

function operationOf(request: AwsRequest): string {
  const {key} = placeOf(request);
  switch (request.method) {
    case 'GET':
      return key === '' ? bucketQuestion(request.query) : 'GetObject';
    case 'HEAD':
      return key === '' ? 'HeadBucket' : 'HeadObject';
    case 'PUT':
      return key === '' ? 'CreateBucket' : 'PutObject';
    case 'DELETE':
      return 'DeleteObject';
    default:
      return request.method;
  }
}

const bucketQuestion = (query: URLSearchParams): string =>
  query.has('versioning')
    ? 'GetBucketVersioning'
    : query.has('object-lock')
      ? 'GetObjectLockConfiguration'
      : query.has('versions')
        ? 'ListObjectVersions'
        : 'ListObjectsV2';

/** Path style: `/bucket/key/with/slashes`. */
function placeOf({path}: AwsRequest): {readonly bucket: string; readonly key: string} {
  const [, bucket = '', ...key] = path.split('/').map(decodeURIComponent);
  return {bucket, key: key.join('/')};
}

function bucketOf(buckets: ReadonlyMap<string, Bucket>, name: string): Bucket {
  const bucket = buckets.get(name);
  if (!bucket) {
    throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404);
  }
  return bucket;
}

function addVersion(
  bucket: Bucket,
  key: string,
  bytes: Uint8Array,
  served: Version['served'] = {},
): Version {
  const version = {
    id: randomBytes(16).toString('base64url'),
    bytes,
    etag: `"${createHash('md5').update(bytes).digest('hex')}"`,
    modified: new Date(),
    served: {'content-type': 'binary/octet-stream', ...served},
  };
  bucket.set(key, [version, ...(bucket.get(key) ?? [])]);
  return version;
}

/** Kept as it was sent (API reference, PutObject). */
const servedIn = (headers: AwsRequest['headers']): Version['served'] =>
  Object.fromEntries(
    ['content-type', 'cache-control'].flatMap((name) => {
      const value = headers[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );

function objectReply(bucket: Bucket, key: string, {method, query}: AwsRequest): AwsReply {
  const versionId = query.get('versionId');
  const current = currentOf(bucket, key);
  if (!current && versionId === null) {
    throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
  }
  const version = versionId === null ? current : bucket.get(key)?.find(({id}) => id === versionId);
  if (!version) {
    throw new AwsError('NoSuchVersion', 'The specified version does not exist.', 404);
  }
  return {
    status: 200,
    headers: {
      ...version.served,
      'content-length': String(version.bytes.length),
      etag: version.etag,
      'last-modified': version.modified.toUTCString(),
      'x-amz-version-id': version.id,
      'accept-ranges': 'bytes',
    },
    body: method === 'HEAD' ? '' : version.bytes,
  };
}

/** `If-Match` and `If-None-Match` make a write conditional (API reference, PutObject). */
function putReply(bucket: Bucket, key: string, {headers, bytes}: AwsRequest): AwsReply {
  const current = currentOf(bucket, key);
  const ifMatch = headers['if-match'];
  if (
    (headers['if-none-match'] === '*' && current) ||
    (ifMatch !== undefined && ifMatch !== current?.etag)
  ) {
    throw new AwsError(
      'PreconditionFailed',
      'At least one of the pre-conditions you specified did not hold',
      412,
    );
  }
  const {etag, id} = addVersion(bucket, key, bytes, servedIn(headers));
  return {status: 200, headers: {etag, 'x-amz-version-id': id}, body: ''};
}
