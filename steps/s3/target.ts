import {z} from 'zod';
import {defineTarget} from '../../src/index.ts';
import {awsConfig, awsRemarks, awsRights, awsShares} from '../aws/index.ts';
import {openBucket} from './bucket/open-bucket.ts';
import {resourcesOf} from './bucket/resources.ts';
import {bucketPreflight} from './checks/bucket.ts';

/** A bucket of S3 that holds configuration, certificates and settings. */
export const s3Bucket = defineTarget({
  kind: 's3-bucket',
  config: z.object({bucket: z.string(), ...awsConfig.shape}),
  rights: async (config, needs, context) => [
    await awsRights(config, needs, resourcesOf(config.bucket), context),
  ],
  open: async ({bucket, ...aws}) => {
    const reader = openBucket(bucket, aws);
    return {reader, writer: reader, remarks: () => awsRemarks(aws), close: reader.close};
  },
  preflight: bucketPreflight,
  shares: awsShares,
});
