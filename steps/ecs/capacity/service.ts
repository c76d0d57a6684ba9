import type {Service, TaskDefinition} from '@aws-sdk/client-ecs';
import type {FargateKind} from '../contract.ts';
import {shiftsTraffic} from '../rollout/stages.ts';
import {type Limits, limitsOf, type Rules} from './instances.ts';

// What ECS takes where a service sets nothing (ECS API, DeploymentConfiguration).
const defaults = {minimumHealthyPercent: 100, maximumPercent: 200};

export function percentsOf({deploymentConfiguration: configured}: Service): typeof defaults {
  return {
    minimumHealthyPercent: configured?.minimumHealthyPercent ?? defaults.minimumHealthyPercent,
    maximumPercent: configured?.maximumPercent ?? defaults.maximumPercent,
  };
}

/** `count`: the desired count after the rollout; without it, the current one. */
export function limitsFor(service: Service, count: number | undefined): Limits {
  const {desiredCount = 0, runningCount = 0} = service;
  const {strategy = 'ROLLING'} = service.deploymentConfiguration ?? {};
  const desired = count ?? desiredCount;
  const limits = limitsOf({desired, running: runningCount, ...percentsOf(service)});
  return shiftsTraffic({strategy})
    ? {...limits, upper: runningCount + desired, lower: runningCount, together: desired}
    : limits;
}

export const providersOf = ({capacityProviderStrategy = []}: Service): readonly string[] =>
  capacityProviderStrategy.flatMap(({capacityProvider}) => capacityProvider ?? []);

export function isFargate(service: Service): boolean {
  const providers = providersOf(service);
  return providers.length > 0
    ? providers.every((name) => name.startsWith('FARGATE'))
    : service.launchType === 'FARGATE';
}

/** The kinds of Fargate on which the tasks run. With more than one, AWS chooses when it places a task. */
export function fargateKinds(service: Service): readonly FargateKind[] {
  const providers = providersOf(service).filter(isFargateKind);
  return isFargate(service) ? (providers.length > 0 ? providers : ['FARGATE']) : [];
}

const isFargateKind = (name: string): name is FargateKind =>
  name === 'FARGATE' || name === 'FARGATE_SPOT';

export function rulesOf(
  {placementConstraints: ofService = [], schedulingStrategy}: Service,
  {placementConstraints: ofTask = []}: TaskDefinition,
  interfacesMax: number | undefined,
): Rules {
  return {
    onePerInstance:
      schedulingStrategy === 'DAEMON' || ofService.some(({type}) => type === 'distinctInstance'),
    expressions: [...ofService, ...ofTask].flatMap(({expression}) => expression ?? []),
    interfacesMax,
  };
}
