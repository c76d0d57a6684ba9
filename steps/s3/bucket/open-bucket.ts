import {createHash} from 'node:crypto';
import type {Readable} from 'node:stream';
import type {S3Client} from '@aws-sdk/client-s3';
import {elapsedMs, type Problem, SwitcharooError} from '../../../src/index.ts';
import {type AwsClients, AwsClock, type AwsConfig, awsClients} from '../../aws/index.ts';
import type {BucketWriter, Served, StoredObject} from '../contract.ts';
import {bucketNotFound, objectNotFound, objectTooLarge} from './problems.ts';
import {historyOf, keepsVersions, retentionOf} from './safeguards.ts';

type Clients = AwsClients<typeof import('@aws-sdk/client-s3'), S3Client>;

/** Configuration and certificates are small; a larger object was put there for another purpose. */
const largestBytes = 10 * 1024 * 1024;
const signedSeconds = 15 * 60;

/** Loads the SDK with the first call. `connections`: of its writes. */
export function openBucket(
  bucket: string,
  config: AwsConfig,
  connections: 'one-each' | 'kept' = 'one-each',
): BucketWriter & {close(): Promise<void>} {
  const name = `bucket ${bucket}`;
  const s3 = clientsOf(config, connections);
  const ask = <Result>(
    call: (clients: Clients) => Promise<Result>,
    key: string = '',
  ): Promise<Result> =>
    s3.ask(name, async (clients) => {
      try {
        return await call(clients);
      } catch (cause) {
        const problem = cause instanceof Error ? problemOf(bucket, key, cause) : undefined;
        throw problem ? new SwitcharooError(problem, {cause}) : cause;
      }
    });
  const objects = (prefix: string, signal: AbortSignal) =>
    ask((clients) => listed(clients, bucket, prefix, signal));

  return {
    name,
    now: () => new AwsClock(config.endpoint).now(),
    objects,
    keys: async (prefix, signal) => (await objects(prefix, signal)).map(({key}) => key),
    read: (key, abortSignal) =>
      ask(async ({sdk, reading}) => {
        const command = new sdk.GetObjectCommand({Bucket: bucket, Key: key});
        const {Body, ContentLength = 0} = await reading.send(command, {abortSignal});
        if (ContentLength > largestBytes) {
          throw new SwitcharooError(objectTooLarge(bucket, key, ContentLength, largestBytes));
        }
        return (await Body?.transformToByteArray()) ?? new Uint8Array();
      }, key),
    written: (key, signal) => ask((clients) => writtenAt(clients, bucket, key, signal)),
    sha256: (key, signal) => ask((clients) => sha256Of(clients, bucket, key, signal)),
    signedUrl: async (method, key, signal) => {
      signal.throwIfAborted();
      return ask((clients) => signedUrlOf(clients, {method, bucket, key}, config));
    },
    add: (key, text, abortSignal) =>
      ask((clients) => added(clients, {bucket, key, text}, abortSignal), key),
    write: (key, text, abortSignal, served) =>
      ask((clients) => overwritten(clients, {bucket, key, text, served}, abortSignal), key),
    remove: (key, abortSignal) =>
      ask(async ({sdk, writing}) => {
        await writing.send(new sdk.DeleteObjectCommand({Bucket: bucket, Key: key}), {abortSignal});
      }, key),
    keepsVersions: (signal) => ask((clients) => keepsVersions(clients, bucket, signal)),
    history: (prefix, signal) => ask((clients) => historyOf(clients, bucket, prefix, signal)),
    retention: (signal) => ask((clients) => retentionOf(clients, bucket, signal)),
    close: s3.close,
  };
}

/** A signed URL has no checksum of a body that is not known yet: the SDK would sign that of an empty one. */
const clientsOf = (config: AwsConfig, connections: 'one-each' | 'kept') =>
  awsClients(
    config,
    () => import('@aws-sdk/client-s3'),
    (sdk, settings) =>
      new sdk.S3Client({
        ...settings,
        requestChecksumCalculation: 'WHEN_REQUIRED',
        // A lab's endpoint is one host: the bucket cannot be a part of its name.
        forcePathStyle: config.endpoint !== undefined,
      }),
    {connections},
  );

async function overwritten(
  {sdk, writing}: Clients,
  {
    bucket,
    key,
    text,
    served,
  }: {bucket: string; key: string; text: string; served: Served | undefined},
  abortSignal: AbortSignal,
): Promise<void> {
  const headers = served && {ContentType: served.type, CacheControl: served.cacheControl};
  const object = {Body: text, ChecksumAlgorithm: 'CRC32', ...headers} as const;
  const command = new sdk.PutObjectCommand({Bucket: bucket, Key: key, ...object});
  await writing.send(command, {abortSignal});
}

async function added(
  {sdk, writing}: Clients,
  {bucket, key, text}: {readonly bucket: string; readonly key: string; readonly text: string},
  abortSignal: AbortSignal,
): Promise<'added' | 'taken'> {
  const place = {Bucket: bucket, Key: key};
  // A bucket whose Object Lock keeps each object refuses one without a checksum (API reference, PutObject).
  const object = {Body: text, IfNoneMatch: '*', ChecksumAlgorithm: 'CRC32'} as const;
  const command = new sdk.PutObjectCommand({...place, ...object});
  try {
    await writing.send(command, {abortSignal});
    return 'added';
  } catch (error) {
    if (error instanceof Error && error.name === 'PreconditionFailed') {
      return 'taken';
    }
    throw error;
  }
}

async function listed(
  {sdk, reading}: Clients,
  bucket: string,
  prefix: string,
  abortSignal: AbortSignal,
): Promise<readonly StoredObject[]> {
  const objects: StoredObject[] = [];
  const request = {Bucket: bucket, Prefix: prefix};
  const pages = sdk.paginateListObjectsV2({client: reading}, request, {abortSignal});
  for await (const {Contents = []} of pages) {
    for (const {Key: key, Size: bytes = 0, ETag = '', LastModified} of Contents) {
      if (key !== undefined) {
        const etag = ETag.replaceAll('"', '');
        objects.push({key, bytes, etag, modified: LastModified ?? new Date(0)});
      }
    }
  }
  return objects;
}

/** Both times are of one answer: the clock of this machine does not count. */
async function writtenAt(
  {sdk, reading}: Clients,
  bucket: string,
  key: string,
  abortSignal: AbortSignal,
): Promise<{readonly at: Date; readonly ageMs: number; readonly bytes: number} | null> {
  const command = new sdk.HeadObjectCommand({Bucket: bucket, Key: key});
  let answeredAt: string | undefined;
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const {headers} = result.response as {readonly headers?: Readonly<Record<string, string>>};
      answeredAt = headers?.['date'];
      return result;
    },
    {step: 'deserialize', priority: 'low'},
  );
  try {
    const {LastModified, ContentLength: bytes = 0} = await reading.send(command, {abortSignal});
    const at = LastModified ?? new Date(answeredAt ?? 0);
    return {at, ageMs: answeredAt === undefined ? 0 : elapsedMs(at, new Date(answeredAt)), bytes};
  } catch (error) {
    if (error instanceof Error && error.name === 'NotFound') {
      return null;
    }
    throw error;
  }
}

async function sha256Of(
  {sdk, reading}: Clients,
  bucket: string,
  key: string,
  abortSignal: AbortSignal,
): Promise<string | null> {
  const command = new sdk.GetObjectCommand({Bucket: bucket, Key: key});
  const hash = createHash('sha256');
  try {
    const {Body} = await reading.send(command, {abortSignal});
    // In Node.js the body of an answer is a Readable (AWS SDK for JavaScript, "Streams").
    for await (const part of (Body as Readable | undefined) ?? []) {
      abortSignal.throwIfAborted();
      hash.update(part);
    }
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchKey') {
      return null;
    }
    throw error;
  }
  return hash.digest('hex');
}

async function signedUrlOf(
  {sdk, writing}: Clients,
  {method, bucket, key}: {method: 'GET' | 'PUT'; bucket: string; key: string},
  {endpoint}: AwsConfig,
): Promise<string> {
  const {getSignedUrl} = await import('@aws-sdk/s3-request-presigner');
  const place = {Bucket: bucket, Key: key};
  const options = {expiresIn: signedSeconds, signingDate: new AwsClock(endpoint).now()};
  return method === 'PUT'
    ? getSignedUrl(writing, new sdk.PutObjectCommand(place), options)
    : getSignedUrl(writing, new sdk.GetObjectCommand(place), options);
}

function problemOf(bucket: string, key: string, {name}: Error): Problem | undefined {
  switch (name) {
    case 'NoSuchBucket':
      return bucketNotFound(bucket);
    case 'NoSuchKey':
      return objectNotFound(bucket, key);
    default:
      return undefined;
  }
}
