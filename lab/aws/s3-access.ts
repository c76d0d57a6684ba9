import type {Asked} from './policy.ts';
import {AwsError} from './replies.ts';
import type {AwsRequest} from './service.ts';

/** The action of IAM where its name is another one (Service Authorization Reference, Amazon S3). */
export const actionOf = (operation: string): string => `s3:${actions[operation] ?? operation}`;
const actions: Readonly<Record<string, string>> = {
  ListObjectsV2: 'ListBucket',
  ListObjectVersions: 'ListBucketVersions',
  HeadObject: 'GetObject',
  HeadBucket: 'ListBucket',
  GetObjectLockConfiguration: 'GetBucketObjectLockConfiguration',
};

/** What a bucket with a KMS key asks of that key for its caller (User Guide, "Using server-side encryption"). */
export const kmsActionOf = (operation: string): string | undefined =>
  operation === 'GetObject'
    ? 'kms:Decrypt'
    : operation === 'PutObject'
      ? 'kms:GenerateDataKey'
      : undefined;

export function contextOf({headers, query}: AwsRequest): Asked['context'] {
  const condition = headers['if-none-match'];
  const prefix = query.get('prefix');
  return {
    ...(condition === undefined ? {} : {'s3:if-none-match': condition}),
    ...(prefix === null ? {} : {'s3:prefix': prefix}),
  };
}

export function refuseUnless(isAllowed: boolean): void {
  if (!isAllowed) {
    throw new AwsError('AccessDenied', 'Access Denied', 403);
  }
}

/** Where each object is kept for a time (API reference, PutObject): the hash in its signature is not enough. */
export function refuseWithoutChecksum({headers}: AwsRequest, isLocked: boolean): void {
  const hasChecksum = Object.keys(headers).some(
    (name) => name === 'content-md5' || /^x-amz-checksum-(?!algorithm)/.test(name),
  );
  if (isLocked && !hasChecksum) {
    throw new AwsError(
      'InvalidRequest',
      'Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters',
    );
  }
}
