import {
  checkCluster,
  type EcsAccess,
  type Input,
  missing,
  type Operations,
  paged,
  pageSize,
  serviceOf,
  taskOf,
  text,
  texts,
} from './ecs-input.ts';
import * as shapes from './ecs-shapes.ts';
import type {Task} from './ecs-state.ts';
import {AwsError} from './replies.ts';

export const taskOperations: Operations = {
  RunTask: (api, input) => {
    checkCluster(api, input);
    return api.oneOffs.run(input);
  },

  ExecuteCommand: (api, input) => {
    checkCluster(api, input);
    const task = taskOf(api, text(input, 'task'));
    return api.oneOffs.execute(task, input);
  },

  ListTasks: (api, input) => {
    checkCluster(api, input);
    return paged(
      'taskArns',
      tasksListed(api, input).map(({arn}) => arn),
      input,
    );
  },

  DescribeTasks: (api, input) => {
    checkCluster(api, input);
    const arns = texts(input['tasks'], []);
    if (arns.length === 0 || arns.length > pageSize) {
      throw new AwsError('InvalidParameterException', 'Tasks must have 1 to 100 elements.');
    }
    const tasks = arns.map((arn) => taskOf(api, arn));
    return {
      tasks: tasks.flatMap((task) => (task ? shapes.taskShape(api.world, task) : [])),
      failures: missing(arns.filter((_, index) => !tasks[index])),
    };
  },
};

function tasksListed(api: EcsAccess, input: Input): readonly Task[] {
  const {serviceName, startedBy, desiredStatus = 'RUNNING', family} = input;
  if (startedBy !== undefined && (serviceName !== undefined || family !== undefined)) {
    throw new AwsError(
      'InvalidParameterException',
      'cannot specify startedBy with any other filters',
    );
  }
  const service = serviceName === undefined ? undefined : serviceOf(api, String(serviceName));
  return [...api.world.tasks.values()].filter(
    (task) =>
      task.desiredStatus === desiredStatus &&
      (service === undefined || task.service === service) &&
      (startedBy === undefined || task.startedBy === startedBy) &&
      (family === undefined || task.definition.family === family),
  );
}
