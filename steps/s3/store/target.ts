import {z} from 'zod';
import {defineTarget, type ObjectStore, SwitcharooError} from '../../../src/index.ts';
import {type AwsConfig, awsConfig, awsRemarks, awsRights, callerOf} from '../../aws/index.ts';
import {openBucket} from '../bucket/open-bucket.ts';
import {resourcesOf} from '../bucket/resources.ts';
import {storePreflight} from '../checks/bucket.ts';
import type {BucketWriter} from '../contract.ts';
import {type StoreConfig, setupOf} from './setup.ts';

/** Where the hosts of a team share the journals of their runs: a bucket of S3, or a part of one. */
export const s3Store = defineTarget({
  kind: 's3-store',
  config: z.object({
    bucket: z.string(),
    /** The keys of all its objects begin with it, and a slash. */
    prefix: z
      .string()
      .regex(
        /^[\w!.*'()-]+(\/[\w!.*'()-]+)*$/,
        'words with slashes between them, such as cutovers/shop',
      )
      .optional(),
    /** ARN of the KMS key with which the bucket encrypts its objects, where that is no key of S3 itself. */
    kmsKey: z
      .string()
      .regex(
        /^arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+$/,
        'the ARN of a KMS key, such as arn:aws:kms:eu-west-1:123456789012:key/4f2a',
      )
      .optional(),
    ...awsConfig.shape,
  }),
  preflight: storePreflight,
  rights: async ({bucket, prefix, kmsKey, ...config}, needs, context) => [
    await awsRights(
      config,
      [...needs, ...(kmsKey === undefined ? [] : keyNeeds)],
      (action, place) =>
        kmsKey !== undefined && keyNeeds.includes(action)
          ? [kmsKey]
          : resourcesOf(bucket, prefix)(action, place),
      context,
      asAWriteAsks,
    ),
  ],
  inventoryNeeds: [
    's3:ListBucket',
    's3:GetObject',
    's3:PutObject',
    's3:ListBucketVersions (optional: log --verify --shared)',
    's3:GetBucketVersioning (optional: store check)',
    's3:GetBucketObjectLockConfiguration (optional: store check)',
  ],
  open: async ({bucket, prefix, kmsKey, ...aws}) => {
    // An object whose answer was lost is looked at: a write may use an open connection, and takes one round trip.
    const writer = openBucket(bucket, aws, 'kept');
    const store = storeIn(writer, {bucket, prefix, kmsKey}, aws);
    return {reader: store, writer: store, remarks: () => awsRemarks(aws), close: writer.close};
  },
});

/** Of each read and each write (S3 User Guide, "Using server-side encryption with AWS KMS keys"). */
const keyNeeds = ['kms:Decrypt', 'kms:GenerateDataKey'];

/** Policies may allow only a write that replaces nothing: it is simulated as a run makes it. */
const asAWriteAsks = {'s3:if-none-match': '*'};

function storeIn(
  objects: BucketWriter,
  {bucket, prefix, kmsKey}: StoreConfig,
  config: AwsConfig,
): ObjectStore {
  const folder = prefix === undefined ? '' : `${prefix}/`;
  return {
    place: `s3://${bucket}${prefix === undefined ? '' : `/${prefix}`}`,
    add: (key, text, signal) => objects.add(`${folder}${key}`, text, signal),
    read: async (key, signal) => {
      try {
        return Buffer.from(await objects.read(`${folder}${key}`, signal)).toString('utf8');
      } catch (error) {
        if (codeOf(error) === 's3-object-not-found') {
          return null;
        }
        throw error;
      }
    },
    added: (key, signal) => objects.written(`${folder}${key}`, signal),
    caller: (signal) => callerOf(config, `bucket ${bucket}`, signal),
    keys: async (start, signal) =>
      (await objects.keys(`${folder}${start}`, signal)).map((key) => key.slice(folder.length)),
    publish: (key, {text, type}, signal) =>
      objects.write(`${folder}${key}`, text, signal, {type, cacheControl: 'no-store'}),
    safeguards: {
      overwrite: (key, text, signal) => done(objects.write(`${folder}${key}`, text, signal)),
      remove: (key, signal) => done(objects.remove(`${folder}${key}`, signal)),
      keepsVersions: (signal) => objects.keepsVersions(signal),
      retention: (signal) => objects.retention(signal),
      history: async (start, signal) =>
        (await objects.history(`${folder}${start}`, signal)).map(({key, ...history}) => ({
          ...history,
          key: key.slice(folder.length),
        })),
      setup: () => setupOf({bucket, prefix, kmsKey}, config),
    },
  };
}

async function done(work: Promise<void>): Promise<'done' | 'denied'> {
  try {
    await work;
    return 'done';
  } catch (error) {
    if (codeOf(error) === 'aws-access-denied') {
      return 'denied';
    }
    throw error;
  }
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof SwitcharooError ? error.problem.code : undefined;
