import type {S3Client} from '@aws-sdk/client-s3';
import {z} from 'zod';
import {defineTarget, type Problem, SwitcharooError} from '../../src/index.ts';
import {
  type AwsClients,
  type AwsConfig,
  awsClients,
  awsConfig,
  awsRights,
  type ResourcesOf,
} from '../aws/index.ts';

/** What may be asked of a bucket. Nothing here changes it. */
export interface BucketReader {
  /** `bucket shop-config`. */
  readonly name: string;
  /** All keys that begin with a prefix, in order. */
  keys(prefix: string, signal: AbortSignal): Promise<readonly string[]>;
  read(key: string, signal: AbortSignal): Promise<Uint8Array>;
}

/** Configuration and certificates are small; what is larger was put there for something else. */
const largestBytes = 10 * 1024 * 1024;

/** On what the actions of S3 are made (Service Authorization Reference, Amazon S3): a bucket, or objects in it. */
const resourcesOf =
  (bucket: string): ResourcesOf =>
  (action) =>
    action === 's3:ListBucket' ? [`arn:aws:s3:::${bucket}`] : [`arn:aws:s3:::${bucket}/*`];

/** A bucket of S3 from which configuration, certificates and settings are read. */
export const s3Bucket = defineTarget({
  kind: 's3-bucket',
  config: z.object({bucket: z.string(), ...awsConfig.shape}),
  rights: async (config, needs, context) => [
    await awsRights(config, needs, resourcesOf(config.bucket), context),
  ],
  open: async (config) => {
    const reader = openBucket(config.bucket, config);
    return {reader, writer: reader, close: reader.close};
  },
});

/** Loads the SDK with the first question. */
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
    call: (clients: AwsClients<Sdk, S3Client>) => Promise<Result>,
    key = '',
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
        const found: string[] = [];
        const asked = {Bucket: bucket, Prefix: prefix};
        for await (const page of sdk.paginateListObjectsV2({client: reading}, asked, {
          abortSignal,
        })) {
          found.push(...(page.Contents ?? []).flatMap(({Key}) => Key ?? []));
        }
        return found;
      }),
    read: (key, abortSignal) =>
      ask(async ({sdk, reading}) => {
        const command = new sdk.GetObjectCommand({Bucket: bucket, Key: key});
        const {Body, ContentLength = 0} = await reading.send(command, {abortSignal});
        if (ContentLength > largestBytes) {
          throw new SwitcharooError(objectTooLarge(bucket, key, ContentLength));
        }
        return (await Body?.transformToByteArray()) ?? new Uint8Array();
      }, key),
    close: s3.close,
  };
}

type Sdk = typeof import('@aws-sdk/client-s3');

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

const bucketNotFound = (bucket: string): Problem => ({
  code: 's3-bucket-not-found',
  message: `There is no bucket ${bucket}, or not for this account.`,
  hint: 'Correct the bucket in the inventory; `aws s3 ls` shows what there is.',
});

const objectNotFound = (bucket: string, key: string): Problem => ({
  code: 's3-object-not-found',
  message: `Bucket ${bucket} has no object ${key}.`,
  hint: `Put it there, or correct its name; \`aws s3 ls s3://${bucket}/\` shows what there is.`,
});

const objectTooLarge = (bucket: string, key: string, bytes: number): Problem => ({
  code: 's3-object-too-large',
  message: `Object ${key} of bucket ${bucket} has ${bytes} bytes; the limit is ${largestBytes}.`,
  hint: 'Only configuration and certificates are fetched; move what is larger out of the prefix.',
});
