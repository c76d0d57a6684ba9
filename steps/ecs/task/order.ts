import type {
  EBSTagSpecification,
  Service,
  ServiceVolumeConfiguration,
  TaskVolumeConfiguration,
} from '@aws-sdk/client-ecs';
import type {OneOffOrder, RunningService} from '../contract.ts';
import type {RunOrder} from './calls.ts';

/** A service of another controller has its task definition and its network in its task sets. */
export function withTaskSet(service: Service): Service {
  const {deploymentController, taskSets = []} = service;
  const primary = taskSets.find(({status}) => status === 'PRIMARY');
  if (!primary || (deploymentController?.type ?? 'ECS') === 'ECS') {
    return service;
  }
  const {taskDefinition, launchType, capacityProviderStrategy, platformVersion} = primary;
  const own = {
    taskDefinition,
    launchType,
    capacityProviderStrategy,
    platformVersion,
    networkConfiguration: primary.networkConfiguration,
  };
  const given = Object.entries(own).filter(([, value]) => value !== undefined);
  return {...service, ...Object.fromEntries(given)};
}

/**
 * A task as the service would start one. Everything that RunTask takes under the name that it has in a service is
 * passed on, also what later versions of the SDK add; what is left out here has its reason.
 */
export function orderFrom(
  service: Service,
  {taskDefinition = '', container}: RunningService,
  {startedBy, clientToken, command}: OneOffOrder,
): RunOrder {
  // Of a service these mean the service itself, and not its tasks.
  const {
    tags = [],
    propagateTags,
    taskDefinition: _own,
    capacityProviderStrategy,
    ...same
  } = service;
  const {launchType, ...rest} = same;
  const strategy = capacityProviderStrategy ?? [];
  return {
    // The SDK sends what RunTask takes, and nothing else.
    ...rest,
    // RunTask refuses both at once.
    ...(strategy.length > 0
      ? {capacityProviderStrategy: strategy}
      : launchType
        ? {launchType}
        : {}),
    ...tagsOf(propagateTags, tags),
    ...volumesOf(service),
    taskDefinition,
    overrides: {containerOverrides: [{name: container, command: [...command]}]},
    startedBy,
    clientToken,
  };
}

/** RunTask refuses SERVICE: the tags of the service are given themselves. AWS keeps `aws:` for itself. */
function tagsOf(
  propagateTags: Service['propagateTags'],
  tags: NonNullable<Service['tags']>,
): Partial<RunOrder> {
  const own = tags.filter(({key}) => key !== undefined && !key.startsWith('aws:'));
  switch (propagateTags) {
    case 'SERVICE':
      return own.length > 0 ? {tags: own} : {};
    case 'TASK_DEFINITION':
      return {propagateTags};
    default:
      return {};
  }
}

/** Volumes that are made when a task starts. They go with the task. */
function volumesOf({deployments = []}: Service): Partial<RunOrder> {
  const primary = deployments.find(({status}) => status === 'PRIMARY');
  const volumes = (primary?.volumeConfigurations ?? []).map(volumeOf);
  return volumes.length > 0 ? {volumeConfigurations: volumes} : {};
}

function volumeOf({
  managedEBSVolume,
  ...volume
}: ServiceVolumeConfiguration): TaskVolumeConfiguration {
  if (!managedEBSVolume) {
    return volume;
  }
  const {tagSpecifications, ...same} = managedEBSVolume;
  return {
    ...volume,
    managedEBSVolume: {
      ...same,
      ...(tagSpecifications ? {tagSpecifications: tagSpecifications.map(withoutService)} : {}),
      terminationPolicy: {deleteOnTermination: true},
    },
  };
}

/** The volume of a task of its own has no service whose tags it could have. */
function withoutService({
  propagateTags,
  ...specification
}: EBSTagSpecification): EBSTagSpecification {
  return propagateTags === 'SERVICE' || propagateTags === undefined
    ? specification
    : {...specification, propagateTags};
}
