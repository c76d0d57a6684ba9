import {expect} from 'vitest';
import type {OneOffTask} from '../../../steps/ecs/contract.ts';
import type {OneOffCalls} from '../../../steps/ecs/task/calls.ts';

/** A small true ECS: a task does what its command says, and ends at once with exit code 0. */
export function oneOffCalls(
  status = 'ACTIVE',
  run: (command: readonly string[]) => void = () => {},
): OneOffCalls {
  const tasks = new Map<string, OneOffTask>();
  return {
    describeService: async () => ({
      service: {status, taskDefinition: 'task-definition/web:1', deployments: []},
      unknown: [],
    }),
    describeTaskDefinition: async () => ({containerDefinitions: [{name: 'shop'}]}),
    tasksStartedBy: async (startedBy) => [...tasks.values()].filter(({arn}) => arn === startedBy),
    tasksOfService: async () => [],
    describeTask: async (arn) => tasks.get(arn),
    runTask: async ({startedBy: arn = '', taskDefinition = '', overrides}) => {
      run(overrides?.containerOverrides?.[0]?.command ?? []);
      const containers = [{name: 'shop', exitCode: 0}];
      const task = {arn, taskDefinition, lastStatus: 'STOPPED', containers, canBeEntered: false};
      tasks.set(arn, task);
      return {kind: 'started', task};
    },
    executeCommand: () => expect.fail('nobody enters'),
    logEvents: async () => ({lines: [], token: undefined}),
  };
}
