import {z} from 'zod';
import {defineTarget, type ObjectStore, SwitcharooError} from '../../../src/index.ts';
import {type AwsConfig, awsConfig, awsRemarks, awsRights, callerOf} from '../../aws/index.ts';
import {openBucket} from '../bucket/open-bucket.ts';
import {resourcesOf} from '../bucket/resources.ts';
import {storePreflight} from '../checks/bucket.ts';
import type {BucketWriter} from '../contract.ts';
import {setupOf} from './setup.ts';

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
    ...awsConfig.shape,
  }),
  preflight: storePreflight,
  rights: async ({bucket, prefix, ...config}, needs, context) => [
    await awsRights(config, needs, resourcesOf(bucket, prefix), context, asAWriteAsks),
  ],
  inventoryNeeds: ['s3:ListBucket', 's3:GetObject', 's3:PutObject'],
  open: async ({bucket, prefix, ...aws}) => {
    // An object whose answer was lost is looked at: a write may use an open connection, and takes one round trip.
    const writer = openBucket(bucket, aws, 'kept');
    const store = storeIn(writer, {bucket, prefix}, aws);
    return {reader: store, writer: store, remarks: () => awsRemarks(aws), close: writer.close};
  },
});

/** Policies may allow only a write that replaces nothing: it is simulated as a run makes it. */
const asAWriteAsks = {'s3:if-none-match': '*'};

function storeIn(
  objects: BucketWriter,
  {bucket, prefix}: {readonly bucket: string; readonly prefix?: string | undefined},
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
      setup: () => setupOf({bucket, prefix}, config),
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
