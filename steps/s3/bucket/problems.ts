import type {Problem} from '../../../src/index.ts';

export const bucketNotFound = (bucket: string): Problem => ({
  code: 's3-bucket-not-found',
  message: `There is no bucket ${bucket} for this account.`,
  hint: 'Correct the bucket in the inventory; `aws s3 ls` lists the buckets of this account.',
});

export const objectNotFound = (bucket: string, key: string): Problem => ({
  code: 's3-object-not-found',
  message: `Bucket ${bucket} has no object ${key}.`,
  hint: `Upload it, or correct its name; \`aws s3 ls s3://${bucket}/\` lists the objects.`,
});

export const objectTooLarge = (
  bucket: string,
  key: string,
  bytes: number,
  largestBytes: number,
): Problem => ({
  code: 's3-object-too-large',
  message: `Object ${key} of bucket ${bucket} has ${bytes} bytes; the limit is ${largestBytes}.`,
  hint: 'Move the object out of the prefix: only configuration and certificates are fetched.',
});
