import type {Hint} from '../model/hint.ts';
import type {StoreCheck} from '../model/store-check.ts';

// How the checks of a store read.

export const setupHint = (text: string): Hint => ({text, command: 'store init -i INVENTORY'});

export const withoutVersions = (keepsVersions: boolean): StoreCheck =>
  keepsVersions
    ? good('versions', 'The bucket keeps versions.')
    : {
        check: 'versions',
        result: 'advice',
        observed: 'The bucket keeps no versions: what is deleted or replaced is lost.',
        hint: setupHint(
          'Enable versioning, and check the store again: some stores honour If-None-Match only without versions. Print the commands for a new bucket with',
        ),
      };

export const withoutLock = (retention: string | null): StoreCheck =>
  retention === null
    ? {
        check: 'object-lock',
        result: 'advice',
        observed:
          'Object Lock keeps no object by default: an administrator can delete versions, too.',
        hint: setupHint(
          'Use a bucket with Object Lock where the journal is evidence. Print the commands with',
        ),
      }
    : good('object-lock', `Object Lock keeps each object (${retention}).`);

export const good = (check: StoreCheck['check'], observed: string): StoreCheck => ({
  check,
  result: 'good',
  observed,
});

export const notChecked = (check: StoreCheck['check'], because: string): StoreCheck => ({
  check,
  result: 'not-checked',
  observed: `${because.replace(/\.$/, '')}.`,
});
