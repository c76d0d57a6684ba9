import {preflightOf} from '../../../src/index.ts';
import type {BucketReader} from '../contract.ts';

/** Whether this account can list a bucket. */
export const bucketPreflight = preflightOf<BucketReader>([
  {
    name: 'bucket-refused',
    severity: 'blocks',
    expects: 'The bucket exists, and this account can list its objects.',
    consequence: 'No step can read from it.',
    fix: 'Correct its name in the inventory, or grant s3:ListBucket to the account.',
    find: async (bucket, signal) => {
      // Nothing is there: one small answer, however many objects the bucket has.
      await bucket.keys('switcharoo-preflight/', signal);
      return [];
    },
  },
]);
