import {type Problem, SwitcharooError} from '../../../src/index.ts';
import {askAws} from '../../aws/problems.ts';

interface Named {
  readonly cluster: string;
  readonly service: string;
}

export const nameOf = ({cluster, service}: Named): string =>
  `service ${service} of cluster ${cluster}`;

export const serviceNotFound = ({cluster, service}: Named): Problem => ({
  code: 'ecs-service-not-found',
  message: `Cluster ${cluster} has no service ${service}.`,
  hint: `Correct the service's name in the inventory; \`aws ecs list-services --cluster ${cluster}\` shows what there is.`,
});

const clusterNotFound = ({cluster}: Named): Problem => ({
  code: 'ecs-cluster-not-found',
  message: `There is no ECS cluster ${cluster} in this account and region.`,
  hint: 'Correct the cluster or the region in the inventory; `aws ecs list-clusters` shows what there is.',
});

const refused = (names: Named, said: string): Problem => ({
  code: 'ecs-request-refused',
  message: `ECS does not accept a request for ${nameOf(names)}: ${said.replace(/\s+/g, ' ').trim()}`,
  hint: 'Correct what ECS names in the runbook or in the service, then resume.',
});

/** Makes one call to ECS; what it refuses becomes a problem in the operator's words. */
export async function askEcs<Result>(names: Named, call: () => Promise<Result>): Promise<Result> {
  return askAws(nameOf(names), async () => {
    try {
      return await call();
    } catch (cause) {
      const problem = cause instanceof Error ? problemOf(names, cause) : undefined;
      throw problem ? new SwitcharooError(problem, {cause}) : cause;
    }
  });
}

function problemOf(names: Named, {name, message}: Error): Problem | undefined {
  switch (name) {
    case 'ClusterNotFoundException':
      return clusterNotFound(names);
    case 'ServiceNotFoundException':
    case 'ServiceNotActiveException':
      return serviceNotFound(names);
    case 'ClientException':
    case 'InvalidParameterException':
    case 'TargetGroupNotFoundException':
      return refused(names, message);
    default:
      return undefined;
  }
}
