import {defineRunbook} from 'switcharoo';
import {auroraCluster, readyAsTarget, replicateFrom, restoreFromS3} from 'switcharoo/aurora';
import {caughtUp, mysqlServer, readyAsSource, verifyData} from 'switcharoo/mysql';
import {z} from 'zod';

export default defineRunbook({
  name: 'first-copy-from-s3',
  summary: 'Restore Aurora from a backup of the replica, start replication, and compare the data.',
  params: z.object({
    /** Where XtraBackup put its backup of the dedicated replica, and with which role RDS reads it. */
    backupBucket: z.string(),
    backupPrefix: z.string().optional(),
    backupRoleArn: z.string(),
    /** The version of the replica, and of the Aurora created from its backup. */
    backupVersion: z.string(),
    engineVersion: z.string().optional(),
    /** What `xtrabackup_binlog_info` of the backup says, where RDS does not. */
    backupAt: z.object({file: z.string(), position: z.coerce.number().int()}).optional(),
    instanceClass: z.string(),
    subnetGroup: z.string().optional(),
    securityGroups: z.array(z.string()).default([]),
    parameterGroup: z.string().optional(),
    /** How Aurora reaches the dedicated replica. */
    replicaHost: z.string(),
    replicaPort: z.coerce.number().int(),
    lagMsMax: z.coerce.number().int().default(2_000),
    tablesAtOnce: z.coerce.number().int().default(2),
  }),
  targets: {source: mysqlServer, replica: mysqlServer, aurora: auroraCluster},
  sides: {old: {database: 'source'}, new: {database: 'aurora'}},
})
  .phase('Restore')
  .step('ready-source', readyAsSource, {
    on: {source: 'source', replica: 'replica'},
    input: () => ({}),
  })
  .step('restore', restoreFromS3, {
    on: {aurora: 'aurora'},
    input: ({params}) => ({
      bucket: params.backupBucket,
      prefix: params.backupPrefix,
      ingestionRoleArn: params.backupRoleArn,
      sourceEngineVersion: params.backupVersion,
      engineVersion: params.engineVersion,
      instanceClass: params.instanceClass,
      subnetGroup: params.subnetGroup,
      securityGroups: params.securityGroups,
      parameterGroup: params.parameterGroup,
      at: params.backupAt,
    }),
  })
  .step('ready-aurora', readyAsTarget, {
    on: {aurora: 'aurora', source: 'source', replica: 'replica'},
    input: () => ({}),
    after: ['restore'],
  })
  .checkpoint('restored')

  .phase('Replicate')
  .step('replicate', replicateFrom, {
    on: {aurora: 'aurora', upstream: 'replica'},
    input: ({params, outputs}) => ({
      host: params.replicaHost,
      port: params.replicaPort,
      file: outputs.restore.file,
      position: outputs.restore.position,
    }),
    requires: ['ready-source', 'ready-aurora'],
  })
  .step('near', caughtUp, {
    on: {upstream: 'replica', replica: 'aurora'},
    input: ({params}) => ({lagMsMax: params.lagMsMax}),
    after: ['replicate'],
    timeoutMs: 24 * 3_600_000,
  })
  .checkpoint('replicating')

  .phase('Compare')
  .step('equal', verifyData, {
    on: {source: 'replica', target: 'aurora'},
    input: ({params}) => ({tablesAtOnce: params.tablesAtOnce}),
    after: ['near'],
  });
