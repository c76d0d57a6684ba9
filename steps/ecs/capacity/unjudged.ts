import type {Service, TaskDefinition} from '@aws-sdk/client-ecs';
import type {CapacityProvider} from '../contract.ts';

/** Where tasks run that is neither Fargate nor instances of the cluster, whatever kinds AWS has by now. */
export function foreignCapacity(
  {launchType}: Service,
  described: readonly CapacityProvider[] | string,
): readonly string[] {
  const known: readonly (string | undefined)[] = [undefined, 'EC2', 'EXTERNAL', 'FARGATE'];
  const providers = typeof described === 'string' ? [] : described;
  return [
    ...(known.includes(launchType) ? [] : [`the launch type ${launchType}`]),
    ...providers
      .filter(({kind}) => kind !== 'group')
      .map(({name, kind}) => `the capacity provider ${name} (${kind})`),
  ];
}

/** GPUs and the like: what an instance has left of them does not show which task may take it. */
export const resourcesOf = ({containerDefinitions = []}: TaskDefinition): readonly string[] => [
  ...new Set(
    containerDefinitions.flatMap(({resourceRequirements = []}) =>
      resourceRequirements.map(({type}) => `the resource ${type} of the instances`),
    ),
  ),
];
