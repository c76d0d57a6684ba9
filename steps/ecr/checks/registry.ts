import {preflightOf} from '../../../src/index.ts';
import type {RegistryReader} from '../contract.ts';

/** Whether the registry lets this account in. */
export const registryPreflight = preflightOf<RegistryReader>([
  {
    name: 'registry-refused',
    severity: 'blocks',
    expects: 'The registry gives this account a password.',
    consequence: 'No image can be pushed.',
    fix: 'Grant ecr:GetAuthorizationToken to the account.',
    find: async (registry, signal) => {
      await registry.login(signal);
      return [];
    },
  },
]);
