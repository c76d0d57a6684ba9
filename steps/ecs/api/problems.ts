import {type Problem, SwitcharooError} from '../../../src/index.ts';
import {askAws, oneLine} from '../../aws/index.ts';
import type {ServiceNames} from '../contract.ts';

export const serviceName = ({cluster, service}: ServiceNames): string =>
  `service ${service} of cluster ${cluster}`;

export const serviceNotFound = ({cluster, service}: ServiceNames): Problem => ({
  code: 'ecs-service-not-found',
  message: `Cluster ${cluster} has no service ${service}.`,
  hint: `Correct the service's name in the inventory. List the services with: aws ecs list-services --cluster ${cluster}`,
});

const clusterNotFound = ({cluster}: ServiceNames): Problem => ({
  code: 'ecs-cluster-not-found',
  message: `There is no ECS cluster ${cluster} in this account and region.`,
  hint: 'Correct the cluster or the region in the inventory. List the clusters with: aws ecs list-clusters',
});

const requestRefused = (names: ServiceNames, refusal: string): Problem => ({
  code: 'ecs-request-refused',
  message: `ECS does not accept a request for ${serviceName(names)}: ${oneLine(refusal)}`,
  hint: 'Correct what ECS names in the runbook or in the service, then resume.',
});

/** Makes one call to ECS. A refusal becomes a problem in the operator's words. */
export async function askEcs<Result>(
  names: ServiceNames,
  call: () => Promise<Result>,
): Promise<Result> {
  return askAws(serviceName(names), async () => {
    try {
      return await call();
    } catch (cause) {
      const problem = cause instanceof Error ? problemOf(names, cause) : undefined;
      throw problem ? new SwitcharooError(problem, {cause}) : cause;
    }
  });
}

function problemOf(names: ServiceNames, {name, message}: Error): Problem | undefined {
  switch (name) {
    case 'ClusterNotFoundException':
      return clusterNotFound(names);
    case 'ServiceNotFoundException':
    case 'ServiceNotActiveException':
      return serviceNotFound(names);
    case 'ClientException':
    case 'InvalidParameterException':
    case 'TargetGroupNotFoundException':
      return requestRefused(names, message);
    default:
      return undefined;
  }
}
