import type {S3Client} from '@aws-sdk/client-s3';
import {type Problem, SwitcharooError} from '../../../src/index.ts';
import {type AwsClients, type AwsConfig, awsClients} from '../../aws/index.ts';
import type {BucketReader} from '../contract.ts';
import {bucketNotFound, objectNotFound, objectTooLarge} from './problems.ts';

type Clients = AwsClients<typeof import('@aws-sdk/client-s3'), S3Client>;

/** Configuration and certificates are small; a larger object was put there for another purpose. */
const largestBytes = 10 * 1024 * 1024;

/** Loads the SDK with the first call. */
export function openBucket(
  bucket: string,
  config: AwsConfig,
): BucketReader & {close(): Promise<void>} {
  const name = `bucket ${bucket}`;
  // A lab's endpoint is one host: the bucket cannot be a part of its name.
  const forcePathStyle = config.endpoint !== undefined;
  const s3 = awsClients(
    config,
    () => import('@aws-sdk/client-s3'),
    (sdk, settings) => new sdk.S3Client({...settings, forcePathStyle}),
  );
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

  return {
    name,
    keys: (prefix, abortSignal) =>
      ask(async ({sdk, reading}) => {
        const keys: string[] = [];
        const request = {Bucket: bucket, Prefix: prefix};
        const pages = sdk.paginateListObjectsV2({client: reading}, request, {abortSignal});
        for await (const {Contents = []} of pages) {
          keys.push(...Contents.flatMap(({Key}) => Key ?? []));
        }
        return keys;
      }),
    read: (key, abortSignal) =>
      ask(async ({sdk, reading}) => {
        const command = new sdk.GetObjectCommand({Bucket: bucket, Key: key});
        const {Body, ContentLength = 0} = await reading.send(command, {abortSignal});
        if (ContentLength > largestBytes) {
          throw new SwitcharooError(objectTooLarge(bucket, key, ContentLength, largestBytes));
        }
        return (await Body?.transformToByteArray()) ?? new Uint8Array();
      }, key),
    close: s3.close,
  };
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
