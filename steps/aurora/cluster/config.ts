import {z} from 'zod';
import {type AwsConfig, awsConfig, awsPartOf} from '../../aws/index.ts';
import {type MysqlConfig, mysqlConfig, replicationAccount} from '../../mysql/index.ts';

/** A cluster's entry in the inventory: its MySQL endpoint and its place in AWS. */
export const auroraConfig = mysqlConfig.extend({
  clusterIdentifier: z.string(),
  replication: replicationAccount
    .extend({
      /** Nothing in it: Aurora checks no certificate of its source (Aurora user guide, rds_set_binlog_source_ssl). */
      tls: z.strictObject({}).optional(),
    })
    .optional(),
  ...awsConfig.shape,
});

/** Separates what AWS is asked with from what the server is asked with: neither gets the other's credentials. */
export function partsOf(config: z.output<typeof auroraConfig>): {
  readonly clusterIdentifier: string;
  readonly aws: AwsConfig;
  readonly server: MysqlConfig;
} {
  const {clusterIdentifier} = config;
  return {clusterIdentifier, aws: awsPartOf(config), server: mysqlConfig.parse(config)};
}
