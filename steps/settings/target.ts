import {z} from 'zod';
import {defineTarget, SwitcharooError} from '../../src/index.ts';
import {arnOf, awsConfig, awsRemarks, awsRights, type ResourcesOf} from '../aws/index.ts';
import {openBucket} from '../s3/index.ts';
import type {SettingsReader} from './contract.ts';
import {parseMembers, resolveMembers} from './store/members.ts';
import {bucketNotNamed} from './store/problems.ts';
import {SecretPlaces} from './store/secret-places.ts';

/** Settings of applications: JSON in a bucket of S3, with references to Parameter Store and Secrets Manager. */
export const settingsStore = defineTarget({
  kind: 'aws-settings',
  config: z.object({bucket: z.string().optional(), ...awsConfig.shape}),
  rights: async ({bucket, ...aws}, needs, context) => {
    const needed = needs.filter((need) => bucket !== undefined || !need.startsWith('s3:'));
    return [await awsRights(aws, needed, resourcesOf(bucket), context)];
  },
  open: async ({bucket, ...aws}, {name}) => {
    const objects = bucket === undefined ? undefined : openBucket(bucket, aws);
    const places = new SecretPlaces(name, aws);
    const reader: SettingsReader = {
      name: `settings ${name}`,
      settings: async (key, signal) => {
        if (!objects) {
          throw new SwitcharooError(bucketNotNamed(name, key));
        }
        const members = parseMembers(key, await objects.read(key, signal));
        return resolveMembers(members, (reference) => places.valueFrom(reference, signal));
      },
    };
    const close = async () => {
      await Promise.all([objects?.close(), places.close()]);
    };
    return {reader, writer: reader, remarks: () => awsRemarks(aws), close};
  },
});

/** Names of parameters are listed for the whole account: IAM has nothing narrower (Service Authorization Reference). */
const resourcesOf =
  (bucket: string | undefined): ResourcesOf =>
  (action, place) => {
    switch (action) {
      case 's3:GetObject':
        return [arnOf(place, 's3', `${bucket}/*`)];
      case 'secretsmanager:DescribeSecret':
        return [arnOf(place, 'secretsmanager', 'secret:*')];
      default:
        return ['*'];
    }
  };
