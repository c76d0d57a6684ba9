import type {StoreSetup} from '../../../src/index.ts';
import {type AwsConfig, arnOf, partitionOf, regionOf} from '../../aws/index.ts';
import {approversPolicy, bucketPolicy, operatorsPolicy, readersPolicy} from './policies.ts';

/** Where buckets are made without naming the region (API reference, CreateBucket). */
const regionWithoutConstraint = 'us-east-1';
const retentionDays = 365;

/** What the inventory says of a store. */
export interface StoreConfig {
  readonly bucket: string;
  readonly prefix?: string | undefined;
  /** The ARN of the KMS key with which the bucket encrypts. */
  readonly kmsKey?: string | undefined;
}

/** How an administrator makes the bucket of a store, with AWS's own command line. */
export async function setupOf(
  {bucket, prefix, kmsKey}: StoreConfig,
  config: AwsConfig,
): Promise<StoreSetup> {
  const region = await regionOf(config);
  const place = {partition: partitionOf(region).name, region, account: ''};
  const start = arnOf(place, 's3', `${bucket}/${prefix === undefined ? '' : `${prefix}/`}`);
  const arns = {bucket: arnOf(place, 's3', bucket), objects: `${start}*`, start, key: kmsKey};
  const url = config.endpoints?.['s3'] ?? config.endpoint;
  const of = `--bucket ${bucket} --region ${region}${url === undefined ? '' : ` --endpoint-url ${url}`}`;
  const where =
    region === regionWithoutConstraint
      ? ''
      : ` --create-bucket-configuration LocationConstraint=${region}`;
  return {
    commands: [
      {
        does: 'Create the bucket, with versions and Object Lock',
        command: `aws s3api create-bucket ${of}${where} --object-lock-enabled-for-bucket`,
      },
      {
        does: 'Block public access',
        command: `aws s3api put-public-access-block ${of} --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true`,
      },
      {
        does: 'Keep each object for a year. To delete it sooner takes s3:BypassGovernanceRetention',
        command: `aws s3api put-object-lock-configuration ${of} --object-lock-configuration '${JSON.stringify(
          {
            ObjectLockEnabled: 'Enabled',
            Rule: {DefaultRetention: {Mode: 'GOVERNANCE', Days: retentionDays}},
          },
        )}'`,
      },
      ...encryptionBy(kmsKey, of),
      {
        does: 'Forbid deleting an object, replacing any but the live page, approving as somebody else, and writing anything else into the bucket',
        command: `aws s3api put-bucket-policy ${of} --policy file://bucket.json`,
      },
      {
        does: 'Create the policy of operators. Then attach it to their role',
        command: `aws iam create-policy --policy-name ${bucket}-operators --policy-document file://operators.json`,
      },
      {
        does: 'Create the policy of approvers. Then attach it to their roles or users',
        command: `aws iam create-policy --policy-name ${bucket}-approvers --policy-document file://approvers.json`,
      },
      {
        does: 'Create the policy of readers. Then attach it to their role',
        command: `aws iam create-policy --policy-name ${bucket}-readers --policy-document file://readers.json`,
      },
    ],
    policies: [
      {file: 'bucket.json', of: 'the bucket', document: bucketPolicy(arns)},
      {file: 'operators.json', of: 'operators, who run cutovers', document: operatorsPolicy(arns)},
      {file: 'approvers.json', of: 'approvers, who approve runs', document: approversPolicy(arns)},
      {file: 'readers.json', of: 'readers, who only see runs', document: readersPolicy(arns)},
    ],
  };
}

/** With a bucket key, KMS is asked far less often than once for each object. */
const encryptionBy = (kmsKey: string | undefined, of: string): StoreSetup['commands'] =>
  kmsKey === undefined
    ? []
    : [
        {
          does: 'Encrypt with the KMS key. Its key policy must let IAM policies of the account use it',
          command: `aws s3api put-bucket-encryption ${of} --server-side-encryption-configuration '${JSON.stringify(
            {
              Rules: [
                {
                  ApplyServerSideEncryptionByDefault: {
                    SSEAlgorithm: 'aws:kms',
                    KMSMasterKeyID: kmsKey,
                  },
                  BucketKeyEnabled: true,
                },
              ],
            },
          )}'`,
        },
      ];
