import type {Inventory} from './inventory.ts';
import {namesInEnvironment} from './references.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What was withheld, by the environment that it was taken from: a process may open more than one inventory. */
const withheld = new WeakMap<NodeJS.ProcessEnv, Record<string, string | undefined>>();

/**
 * The environment as it was, and from now on without the secrets that the inventory takes from it: whatever is started
 * (ssh, its ProxyCommand, a compiler) inherits the rest. The AWS SDK finds its own credentials there, so those stay.
 */
export function withholdSecrets(
  {targets, notify}: Pick<Inventory, 'targets' | 'notify'>,
  environment: NodeJS.ProcessEnv,
): Environment {
  const secrets = withheld.get(environment) ?? {};
  const whole = {...secrets, ...environment};
  withheld.set(environment, secrets);
  for (const name of namesInEnvironment([targets, notify])) {
    if (!name.startsWith('AWS_') && environment[name] !== undefined) {
      secrets[name] = environment[name];
      delete environment[name];
    }
  }
  return whole;
}
