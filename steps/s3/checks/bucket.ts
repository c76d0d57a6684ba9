import {type ObjectStore, preflightOf} from '../../../src/index.ts';
import type {BucketReader} from '../contract.ts';

/** Whether this account can list a bucket. */
export const bucketPreflight = canBeListed<BucketReader>(
  'bucket-refused',
  'No step can read from it.',
);

/** The same, of the bucket in which journals are shared. */
export const storePreflight = canBeListed<ObjectStore>(
  'store-refused',
  'A run that shares its journal there cannot start, or cannot be continued.',
);

function canBeListed<Reader extends Pick<BucketReader, 'keys'>>(name: string, consequence: string) {
  return preflightOf<Reader>([
    {
      name,
      severity: 'blocks',
      expects: 'The bucket exists, and this account can list its objects.',
      consequence,
      fix: 'Correct its name in the inventory, or grant s3:ListBucket to the account.',
      find: async (bucket, signal) => {
        // Nothing is there: one small answer, however many objects the bucket has.
        await bucket.keys('switcharoo-preflight/', signal);
        return [];
      },
    },
  ]);
}
