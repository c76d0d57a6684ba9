import type {Inventory} from './inventory.ts';
import {namesInEnvironment} from './references.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The environment as it was, and from now on without the secrets that the inventory takes from it: whatever is started
 * (ssh, its ProxyCommand, a compiler) inherits the rest. The AWS SDK finds its own credentials there, so those stay.
 */
export function withholdSecrets(
  {targets, notify}: Pick<Inventory, 'targets' | 'notify'>,
  environment: NodeJS.ProcessEnv,
): Environment {
  const whole = {...environment};
  for (const name of namesInEnvironment([targets, notify])) {
    if (!name.startsWith('AWS_')) {
      delete environment[name];
    }
  }
  return whole;
}
