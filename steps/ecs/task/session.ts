import type {Service} from '@aws-sdk/client-ecs';
import {SwitcharooError} from '../../../src/index.ts';
import type {OneOffReader, OneOffWriter, RunningService} from '../contract.ts';
import {chosenContainer} from '../revision/task-definition.ts';
import type {OneOffCalls} from './calls.ts';
import {TaskLogs} from './logs.ts';
import {orderFrom, withTaskSet} from './order.ts';

/** Remembers which tasks it started: a list of tasks may be older than the start of one. */
export function openOneOffs(
  name: string,
  calls: OneOffCalls,
): {readonly reader: OneOffReader; readonly writer: OneOffWriter} {
  const started = new Map<string, string>();
  const logs = new TaskLogs(calls);
  const reader: OneOffReader = {
    name,
    runningService: async (container, signal) =>
      (await describedService(calls, container, signal)).running,
    async oneOffTask(startedBy, signal) {
      const arn = started.get(startedBy);
      const task = arn === undefined ? undefined : await calls.describeTask(arn, signal);
      return task ?? (await calls.tasksStartedBy(startedBy, signal))[0];
    },
    newLines: (task, container, look) => logs.newLines(task, container, look),
  };
  return {
    reader,
    writer: {
      ...reader,
      async runOneOff(order, signal) {
        if (await reader.oneOffTask(order.startedBy, signal)) {
          return;
        }
        const {service, running} = await describedService(calls, order.container, signal);
        const runOrder = orderFrom(service, running, order);
        signal.throwIfAborted();
        const answer = await calls.runTask(runOrder, signal);
        if (answer.kind === 'refused') {
          throw notPlaced(name, answer.reasons);
        }
        if (answer.kind === 'started') {
          started.set(order.startedBy, answer.task.arn);
        }
      },
    },
  };
}

async function describedService(
  calls: OneOffCalls,
  container: string | undefined,
  signal: AbortSignal,
): Promise<{readonly service: Service; readonly running: RunningService}> {
  const {service: described, unknown} = await calls.describeService(signal);
  const service = withTaskSet(described);
  const {taskDefinition, status = 'ACTIVE', deploymentController} = service;
  const {containerDefinitions} =
    taskDefinition === undefined ? {} : await calls.describeTaskDefinition(taskDefinition, signal);
  const running = {
    status,
    taskDefinition,
    controller: deploymentController?.type ?? 'ECS',
    unknown,
    containers: (containerDefinitions ?? []).flatMap((definition) => definition.name ?? []),
    container: chosenContainer({containerDefinitions}, container),
  };
  return {service, running};
}

const notPlaced = (name: string, reasons: readonly string[]): SwitcharooError =>
  new SwitcharooError({
    code: 'ecs-task-not-placed',
    message: `ECS started no task for the ${name}: ${reasons.join('; ') || 'it gives no reason'}.`,
    hint: 'Add capacity to the cluster, then resume: no task was started. To see what is missing, use the gate `ecs.rollout-capacity`.',
  });
