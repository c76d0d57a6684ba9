import {checkCluster, missing, type Operations, paged, texts} from './ecs-input.ts';
import {remaining} from './ecs-placement.ts';
import * as shapes from './ecs-shapes.ts';
import {lastPart} from './ecs-state.ts';
import {arnIn} from './partition.ts';

export const clusterOperations: Operations = {
  DescribeClusters: (api, input) => {
    const names = texts(input['clusters'], ['default']);
    const known = names.filter((name) => lastPart(name) === api.world.clusterName);
    return {
      clusters: known.map(() => shapes.clusterShape(api.world)),
      failures: missing(names.filter((name) => !known.includes(name))),
    };
  },

  ListContainerInstances: (api, input) => {
    checkCluster(api, input);
    const arns = api.world.instances.map((instance) => shapes.instanceArn(api.world, instance));
    return paged('containerInstanceArns', arns, input);
  },

  DescribeCapacityProviders: (api, input) => {
    const names = texts(input['capacityProviders'], []);
    const shown = api.world.capacityProviders.filter(
      ({name}) => names.length === 0 || names.includes(name),
    );
    return {
      capacityProviders: shown.map(({name, managedScaling}) => ({
        name,
        status: 'ACTIVE',
        autoScalingGroupProvider: {
          autoScalingGroupArn: `${arnIn(api.world.region)}:autoscaling:${api.world.region}:${api.world.accountId}:autoScalingGroup:lab:autoScalingGroupName/${name}`,
          managedScaling: {status: managedScaling},
        },
      })),
      failures: missing(names.filter((asked) => !shown.some(({name}) => name === asked))),
    };
  },

  DescribeContainerInstances: (api, input) => {
    checkCluster(api, input);
    const ids = texts(input['containerInstances'], []).map(lastPart);
    const known = api.world.instances.filter(({id}) => ids.includes(id));
    return {
      containerInstances: known.map((instance) =>
        shapes.instanceShape(api.world, instance, remaining(api.world, instance)),
      ),
      failures: missing(ids.filter((id) => !known.some((instance) => instance.id === id))),
    };
  },
};
