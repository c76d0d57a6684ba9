import {ListTasksCommand} from '@aws-sdk/client-ecs';
import {lawsOfStep} from 'switcharoo/testing';
import {afterAll, beforeAll, expect, test, vi} from 'vitest';
import type {Look} from '../../../src/index.ts';
import {ecsService} from '../../../steps/ecs/target.ts';
import {openOneOffs} from '../../../steps/ecs/task/session.ts';
import {taskSucceeds} from '../../../steps/ecs/task-succeeds.ts';
import {type EcsLab, startEcsLab} from '../../lab/aws/ecs-lab.ts';
import {oneOffCalls} from './fake-tasks.ts';

const world = async (status?: string) => {
  const {reader, writer} = openOneOffs('service web of cluster shop', oneOffCalls(status));
  // What a task has done is no change: ECS forgets it.
  return {sessions: {service: {reader, writer, close: async () => {}}}, picture: async () => null};
};

lawsOfStep({
  step: taskSucceeds,
  input: {command: ['php', 'artisan', 'migrate:status'], quietMs: 0},
  world,
  blockedWorld: () => world('DRAINING'),
});

let lab: EcsLab;
const ended: (() => Promise<void>)[] = [];

beforeAll(async () => {
  lab = await startEcsLab({desiredCount: 0});
  await lab.ecs.steady();
});

afterAll(async () => {
  await Promise.all(ended.map((end) => end()));
  await lab.stop();
});

test('a process that dies while the task runs starts no second one when it is resumed', async () => {
  const script = 'echo one; sleep 1; echo two';
  const first = await opened('crash', script);
  const death = new AbortController();
  const running = first.act(death.signal).catch((error: unknown) => error);
  await vi.waitFor(() => expect(first.told).toContain('one'), {timeout: 60_000, interval: 20});
  death.abort(new Error('killed'));
  await running;

  const second = await opened('crash', script);
  expect(await second.check()).toMatchObject({
    kind: 'pending',
    differences: [{is: expect.stringMatching(/^in task [0-9a-f]{8}, which is /)}],
  });
  await second.act();
  expect(second.told).toEqual(['one', 'two']);
  expect(await second.check()).toMatchObject({kind: 'done', output: {task: expect.any(String)}});
  await second.act();
  expect(await tasksEnded()).toBe(1);
});

test('a command that fails is reported with its last lines, and is run again when the operator tries again', async () => {
  const run = await opened('fails', 'echo "table orders is missing"; exit 3');
  const before = await tasksEnded();
  await expect(run.act()).rejects.toMatchObject({
    problem: {
      code: 'ecs-task-failed',
      message: expect.stringMatching(
        /^sh -c ".*" in task [0-9a-f]{8} of the service web of cluster shop ended with exit code 3: Essential container in task exited\. Its last lines: table orders is missing$/,
      ),
    },
  });
  expect(await run.check()).toMatchObject({
    kind: 'pending',
    differences: [{is: expect.stringMatching(/^ended in task [0-9a-f]{8} with exit code 3$/)}],
  });
  await expect(run.act()).rejects.toMatchObject({problem: {code: 'ecs-task-failed'}});
  expect(await tasksEnded()).toBe(before + 2);
});

async function opened(id: string, script: string) {
  const session = await ecsService.open(
    ecsService.config.parse({...lab.config, cluster: 'shop', service: 'web'}),
    {name: 'web', signal: new AbortController().signal},
  );
  ended.push(() => session.close());
  const told: string[] = [];
  const look = (): Look<{service: typeof ecsService}, any> => ({
    input: taskSucceeds.input.parse({command: ['sh', '-c', script], quietMs: 600}),
    targets: {service: session.reader},
    run: {id, entry: 'ready', started: true},
    now: new Date(),
    signal: new AbortController().signal,
  });
  return {
    told,
    check: () => taskSucceeds.check(look()),
    act: async (signal = new AbortController().signal) => {
      for (const action of await taskSucceeds.plan(look(), {})) {
        await action.perform(session.writer, signal, (line) => void told.push(line));
      }
    },
  };
}

async function tasksEnded(): Promise<number> {
  const asked = {cluster: 'shop', desiredStatus: 'STOPPED'} as const;
  return (await lab.ecsClient.send(new ListTasksCommand(asked))).taskArns?.length ?? 0;
}
