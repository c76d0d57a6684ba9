import {z} from 'zod';
import {defineTarget, type Session} from '../../src/index.ts';
import {
  arnOf,
  awsConfig,
  awsRemarks,
  awsRights,
  awsShares,
  type ResourcesOf,
} from '../aws/index.ts';
import {registryPreflight} from './checks/registry.ts';
import type {RegistryReader, RegistryWriter} from './contract.ts';
import {EcrRegistry} from './registry/ecr-registry.ts';

/** The private registry of an account and region. */
export const ecrRegistry = defineTarget({
  kind: 'ecr-registry',
  config: z.object({...awsConfig.shape}),
  rights: async (config, needs, context) => [await awsRights(config, needs, resourcesOf, context)],
  open: async (config, {name}): Promise<Session<RegistryReader, RegistryWriter>> => {
    const registry = new EcrRegistry(name, config);
    return {
      reader: registry,
      writer: registry,
      remarks: () => awsRemarks(config),
      close: () => registry.close(),
    };
  },
  preflight: registryPreflight,
  shares: awsShares,
});

/** The resources of ECR's actions (Service Authorization Reference, Amazon ECR): a token is the registry's own. */
const resourcesOf: ResourcesOf = (action, place) =>
  action === 'ecr:GetAuthorizationToken' ? ['*'] : [arnOf(place, 'ecr', 'repository/*')];
