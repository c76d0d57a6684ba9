import {z} from 'zod';
import {positionSchema} from '../../mysql/index.ts';

export const restoreInput = z.object({
  /** The place of the Percona XtraBackup, and the role with which RDS reads it. */
  bucket: z.string(),
  prefix: z.string().optional(),
  ingestionRoleArn: z.string(),
  /** The version of the server from which the backup was taken: `8.0.36`. */
  sourceEngineVersion: z.string(),
  engineVersion: z.string().optional(),
  instanceClass: z.string(),
  /** The writer's; without it the cluster's name and `-1`. */
  instanceIdentifier: z.string().optional(),
  subnetGroup: z.string().optional(),
  securityGroups: z.array(z.string()).default([]),
  parameterGroup: z.string().optional(),
  kmsKeyId: z.string().optional(),
  backupRetentionDays: z.coerce.number().int().min(1).max(35).default(7),
  /** The position in `xtrabackup_binlog_info` of the backup. Without it, the one that RDS has recovered. */
  at: positionSchema.optional(),
});
export type RestoreInput = z.output<typeof restoreInput>;
