import {createHash, randomBytes} from 'node:crypto';
import {AwsError, xmlReply} from './replies.ts';
import type {AwsReply, AwsRequest, AwsService} from './service.ts';

interface S3Options {
  /** By bucket, then by key. Every bucket keeps its versions. */
  readonly buckets: Readonly<Record<string, Readonly<Record<string, string | Uint8Array>>>>;
  /** As some stores do that speak the protocol of S3. */
  readonly ignoresConditions?: boolean;
}

export interface S3 extends AwsService {
  /** Puts an object as somebody else would. */
  put(bucket: string, key: string, content: string | Uint8Array): void;
  /** All objects of a bucket, as texts. */
  contents(bucket: string): Readonly<Record<string, string>>;
}

interface Version {
  readonly id: string;
  readonly bytes: Uint8Array;
  readonly etag: string;
  readonly modified: Date;
  readonly contentType: string;
}

type Bucket = Map<string, Version[]>;

const namespace = 'http://s3.amazonaws.com/doc/2006-03-01/';
const pageSize = 1_000;

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
    handle: async (request) => {
      const {bucket: name, key} = placeOf(request);
      const bucket = bucketOf(buckets, name);
      switch (operationOf(request)) {
        case 'ListObjectsV2':
          return listing(name, bucket, request.query);
        case 'GetObject':
        case 'HeadObject':
          return objectReply(bucket, key, request);
        case 'DeleteObject':
          // Also where there is no such object (API reference, DeleteObject).
          bucket.delete(key);
          return {status: 204, body: ''};
        case 'PutObject':
          return putReply(
            bucket,
            key,
            options.ignoresConditions ? {...request, headers: {}} : request,
          );
        default:
          throw new AwsError('NotImplemented', 'This lab has no such operation.', 501);
      }
    },
    put: (bucket, key, content) =>
      void addVersion(bucketOf(buckets, bucket), key, Buffer.from(content)),
    contents: (bucket) =>
      Object.fromEntries(
        [...bucketOf(buckets, bucket)].sort().map(([key, [version]]) => {
          return [key, Buffer.from(version?.bytes ?? []).toString('utf8')];
        }),
      ),
  };
}

function operationOf(request: AwsRequest): string {
  const {key} = placeOf(request);
  switch (request.method) {
    case 'GET':
      return key === '' ? 'ListObjectsV2' : 'GetObject';
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
  contentType = 'binary/octet-stream',
): Version {
  const version = {
    id: randomBytes(16).toString('base64url'),
    bytes,
    etag: `"${createHash('md5').update(bytes).digest('hex')}"`,
    modified: new Date(),
    contentType,
  };
  bucket.set(key, [version, ...(bucket.get(key) ?? [])]);
  return version;
}

function objectReply(bucket: Bucket, key: string, {method, query}: AwsRequest): AwsReply {
  const versions = bucket.get(key);
  const versionId = query.get('versionId');
  if (!versions?.[0]) {
    throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
  }
  const version = versionId === null ? versions[0] : versions.find(({id}) => id === versionId);
  if (!version) {
    throw new AwsError('NoSuchVersion', 'The specified version does not exist.', 404);
  }
  return {
    status: 200,
    headers: {
      'content-type': version.contentType,
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
  const current = bucket.get(key)?.[0];
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
  const {etag, id} = addVersion(bucket, key, bytes, headers['content-type']);
  return {status: 200, headers: {etag, 'x-amz-version-id': id}, body: ''};
}

function listing(name: string, bucket: Bucket, query: URLSearchParams): AwsReply {
  const prefix = query.get('prefix') ?? '';
  // The token is opaque to clients; here it is the last key of the page before.
  const after = query.get('continuation-token') ?? query.get('start-after') ?? '';
  const size = Math.min(Number(query.get('max-keys') ?? pageSize), pageSize);
  const keys = [...bucket.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
  const page = keys.slice(0, size);
  const isTruncated = keys.length > page.length;
  return xmlReply('ListBucketResult', namespace, {
    Name: name,
    Prefix: prefix,
    KeyCount: page.length,
    MaxKeys: size,
    IsTruncated: isTruncated,
    NextContinuationToken: isTruncated ? page.at(-1) : undefined,
    Contents: page.flatMap((key) => {
      const version = bucket.get(key)?.[0];
      return version
        ? {
            Key: key,
            LastModified: version.modified.toISOString(),
            ETag: version.etag,
            Size: version.bytes.length,
            StorageClass: 'STANDARD',
          }
        : [];
    }),
  });
}
