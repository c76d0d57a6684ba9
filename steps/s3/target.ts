import {z} from 'zod';
import {defineTarget, type Problem, SwitcharooError} from '../../src/index.ts';
import {type AwsConfig, awsConfig, readingClient} from '../aws/client.ts';
import {askAws} from '../aws/problems.ts';
import {awsRights, type ResourcesOf} from '../aws/rights.ts';

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
  let opened: ReturnType<typeof openClient> | undefined;
  const ask = <Result>(
    call: (clients: Awaited<ReturnType<typeof openClient>>) => Promise<Result>,
    key = '',
  ): Promise<Result> =>
    askAws(name, async () => {
      opened ??= openClient(config);
      try {
        return await call(await opened);
      } catch (cause) {
        const problem = cause instanceof Error ? problemOf(bucket, key, cause) : undefined;
        throw problem ? new SwitcharooError(problem, {cause}) : cause;
      }
    });

  return {
    name,
    keys: (prefix, abortSignal) =>
      ask(async ({s3, client}) => {
        const found: string[] = [];
        const asked = {Bucket: bucket, Prefix: prefix};
        for await (const page of s3.paginateListObjectsV2({client}, asked, {abortSignal})) {
          found.push(...(page.Contents ?? []).flatMap(({Key}) => Key ?? []));
        }
        return found;
      }),
    read: (key, abortSignal) =>
      ask(async ({s3, client}) => {
        const command = new s3.GetObjectCommand({Bucket: bucket, Key: key});
        const {Body, ContentLength = 0} = await client.send(command, {abortSignal});
        if (ContentLength > largestBytes) {
          throw new SwitcharooError(objectTooLarge(bucket, key, ContentLength));
        }
        return (await Body?.transformToByteArray()) ?? new Uint8Array();
      }, key),
    close: async () => {
      (await opened?.catch(() => undefined))?.client.destroy();
    },
  };
}

async function openClient(config: AwsConfig) {
  const s3 = await import('@aws-sdk/client-s3');
  // A lab's endpoint is one host: the bucket cannot be a part of its name.
  const forcePathStyle = config.endpoint !== undefined;
  return {s3, client: new s3.S3Client({...readingClient(config), forcePathStyle})};
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
