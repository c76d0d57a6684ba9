import {deregister, find, register} from './ecs-definitions.ts';
import {type Operations, paged, text, texts} from './ecs-input.ts';
import {AwsError} from './replies.ts';

export const definitionOperations: Operations = {
  RegisterTaskDefinition: (api, input) => {
    const taskDefinition = register(api.world, input);
    return {
      taskDefinition,
      tags: api.world.definitionTags.get(taskDefinition.taskDefinitionArn),
    };
  },

  DescribeTaskDefinition: (api, input) => {
    const taskDefinition = find(api.world, text(input, 'taskDefinition'));
    if (!taskDefinition) {
      throw new AwsError('ClientException', 'Unable to describe task definition.');
    }
    const tags = api.world.definitionTags.get(taskDefinition.taskDefinitionArn);
    return {taskDefinition, ...(texts(input['include'], []).includes('TAGS') ? {tags} : {})};
  },

  DeregisterTaskDefinition: (api, input) => ({
    taskDefinition: deregister(api.world, text(input, 'taskDefinition')),
  }),

  ListTaskDefinitions: (api, input) => {
    const family = input['familyPrefix'];
    const arns = api.world.definitions
      .filter((definition) => family === undefined || definition.family === family)
      .filter(({status}) => (input['status'] ?? 'ACTIVE') === status)
      .map(({taskDefinitionArn}) => taskDefinitionArn);
    return paged('taskDefinitionArns', input['sort'] === 'DESC' ? arns.reverse() : arns, input);
  },
};
