import {type ObjectStore, preflightOf} from '../../../src/index.ts';

/** Whether this account can list the bucket in which journals are shared. */
export const storePreflight = preflightOf<ObjectStore>([
  {
    name: 'store-refused',
    severity: 'blocks',
    expects: 'The bucket exists, and this account can list its objects.',
    consequence: 'A run that shares its journal there cannot start, or cannot be continued.',
    fix: 'Correct its name in the inventory, or grant s3:ListBucket to the account.',
    find: async (store, signal) => {
      // Nothing is there: one small answer, however many journals the bucket has.
      await store.keys('switcharoo-preflight/', signal);
      return [];
    },
  },
]);
