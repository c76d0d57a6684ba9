import {z} from 'zod';
import {awsConfig} from '../../aws/index.ts';

/** A hosted zone's entry in the inventory. */
export const hostedZoneConfig = awsConfig.extend({
  zoneId: z
    .string()
    .min(1)
    .transform((id) => id.replace(/^\/hostedzone\//, '')),
  /** Route 53 allows five for the whole account; less leaves some to others. */
  requestsPerSecond: z.number().int().positive().default(5),
});
