import {z} from 'zod';
import {defineTarget, type Session} from '../../src/index.ts';
import {awsConfig, awsRights, type ResourcesOf} from '../aws/index.ts';
import type {RegistryReader, RegistryWriter} from './contract.ts';
import {EcrRegistry} from './registry/ecr-registry.ts';

/** The private registry of an account and region. */
export const ecrRegistry = defineTarget({
  kind: 'ecr-registry',
  config: z.object({...awsConfig.shape}),
  rights: async (config, needs, context) => [
    await awsRights(config, needs, resourcesOf(config.region), context),
  ],
  open: async (config, {name}): Promise<Session<RegistryReader, RegistryWriter>> => {
    const registry = new EcrRegistry(name, config);
    return {reader: registry, writer: registry, close: () => registry.close()};
  },
});

/** The resources of ECR's actions (Service Authorization Reference, Amazon ECR): a token is the registry's own. */
const resourcesOf =
  (region: string): ResourcesOf =>
  (action, account) =>
    action === 'ecr:GetAuthorizationToken'
      ? ['*']
      : [`arn:aws:ecr:${region}:${account}:repository/*`];
