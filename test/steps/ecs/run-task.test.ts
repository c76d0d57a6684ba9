import {ListTasksCommand} from '@aws-sdk/client-ecs';
import {afterAll, beforeAll, expect, test, vi} from 'vitest';
import type {Look, Session} from '../../../src/index.ts';
import type {ServiceReader, ServiceWriter} from '../../../steps/ecs/contract.ts';
import {runTask} from '../../../steps/ecs/run-task.ts';
import {ecsService} from '../../../steps/ecs/target.ts';
import {type EcsLab, startEcsLab} from '../../lab/aws/ecs-lab.ts';

// A command is a real process of the lab: what it writes is its log, and its exit code is its own.
let lab: EcsLab;
const ended: (() => Promise<void>)[] = [];
let runs = 0;

beforeAll(async () => {
  lab = await startEcsLab({desiredCount: 0});
  await lab.ecs.steady();
});

afterAll(async () => {
  await Promise.all(ended.map((end) => end()));
  await lab.stop();
});

const shell = (script: string) => ({command: ['sh', '-c', script], quietMs: 1_000});

test('a command runs once in the environment of the service, its log is told line by line, and its exit code comes back', async () => {
  const run = await begin(shell('echo one; echo "to $DATABASE_HOST" >&2; sleep 0.1; echo two'));

  expect(await run.check()).toEqual({
    kind: 'pending',
    before: undefined,
    differences: [
      {
        what: `sh -c "echo one; echo \\"to $DATABASE_HOST\\" >&2; sleep 0.1; echo two"`,
        is: 'not run',
        shouldBe: 'run once, in container shop',
      },
    ],
  });
  await run.act();
  const {verdict, said} = await run.followed();

  expect(verdict).toEqual({
    kind: 'done',
    output: {task: expect.stringMatching(/:task\/shop\/[0-9a-f]{32}$/), exitCode: 0},
  });
  expect(run.told.toSorted()).toEqual(['one', 'to db1', 'two']);
  expect(said[0]).toMatch(
    /^task [0-9a-f]{8} \(web:1\) (is (PROVISIONING|PENDING|RUNNING|DEACTIVATING|STOPPING)$|has ended)/,
  );
  // CloudWatch shows a line later than it was written: the last ones after the end of the task.
  expect(said.at(-1)).toMatch(/has ended; waiting for the last lines of its log$/);
});

test('performed again, resumed elsewhere, or with its answer lost, it is the same task', async () => {
  const run = await begin(shell('echo once'));
  lab.endpoint.faults.add({service: 'ecs', operation: 'RunTask', kind: 'cut-after'});
  await expect(run.act()).rejects.toMatchObject({problem: {code: 'aws-unreachable'}});
  await run.act();
  const elsewhere = await run.resumed();
  expect((await elsewhere.followed()).verdict).toMatchObject({
    kind: 'done',
    output: {exitCode: 0},
  });
  await elsewhere.act();

  expect(await startedTasks()).toBe(2);
  expect(elsewhere.told).toEqual(['once']);
});

test('a command that fails is blocked with its exit code, and is not run again by itself', async () => {
  const run = await begin(shell('echo no such table >&2; exit 3'));
  await run.act();
  const {verdict} = await run.followed();

  expect(verdict).toEqual({
    kind: 'blocked',
    reason: expect.stringMatching(
      /^sh -c "echo no such table >&2; exit 3" ended with exit code 3 in task [0-9a-f]{8} of the service web of cluster shop: Essential container in task exited\.$/,
    ),
    hint: 'Read its log and fix the cause, then set the input attempt of the step to another number: the command is not run again by itself.',
  });
  expect(run.told).toEqual(['no such table']);
  const again = await run.resumed({attempt: 2});
  expect((await again.check()).kind).toBe('pending');
});

test('where any exit code will do, it comes back as an output', async () => {
  const run = await begin({...shell('exit 3'), mustSucceed: false});
  await run.act();
  expect((await run.followed()).verdict).toMatchObject({kind: 'done', output: {exitCode: 3}});
});

test('a task without capacity, or without its image, is reported in the words of ECS', async () => {
  lab.ecs.faults.noCapacity('MEMORY');
  const full = await begin(shell('true'));
  await expect(full.act()).rejects.toMatchObject({
    problem: {
      code: 'ecs-task-not-placed',
      message: expect.stringMatching(
        /^ECS started no task for the service web of cluster shop: RESOURCE:MEMORY on i-\w+\.$/,
      ),
    },
  });
  expect((await full.check()).kind).toBe('pending');

  lab.ecs.faults.clear();
  lab.ecs.faults.missingImage('shop:1');
  const missing = await begin(shell('true'));
  await missing.act();
  const {verdict} = await missing.followed();
  lab.ecs.faults.clear();
  expect(verdict).toMatchObject({
    kind: 'blocked',
    reason: expect.stringMatching(/^sh -c true did not run in task .*: CannotPullContainerError/),
  });
});

test('when ECS shows it no longer, the operator is asked, and nothing is started', async () => {
  const run = await begin(shell('true'));
  await run.act();
  await run.followed();
  lab.ecs.forgetStopped();
  const startedAt = new Date('2026-01-01T03:00:00Z');

  const late = await run.resumed({}, {started: true, startedAt}, new Date('2026-01-01T04:30:00Z'));
  expect(await late.check()).toMatchObject({
    kind: 'needs-answer',
    question: 'Did sh -c true run to its end on the service web of cluster shop?',
    output: {task: null, exitCode: null},
  });
  // Soon after, no task means that the call never arrived.
  const soon = await run.resumed({}, {started: true, startedAt}, new Date('2026-01-01T03:10:00Z'));
  expect((await soon.check()).kind).toBe('pending');
});

test('a container that is not there, and a command that is too long, are refused before anything is started', async () => {
  const stranger = await begin({command: ['true'], container: 'nginx'});
  expect(await stranger.check()).toEqual({
    kind: 'blocked',
    reason:
      'Task definition web:1 of the service web of cluster shop has the containers shop, and it is not clear in which one true is to run.',
    hint: 'Set the input container of the step to one of shop.',
  });
  const long = await begin({command: ['echo', 'x'.repeat(9_000)]});
  expect(await long.check()).toMatchObject({
    kind: 'blocked',
    reason: expect.stringContaining('ECS takes at most 8192'),
  });
});

type Input = Partial<Parameters<typeof runTask.input.parse>[0] & object>;

async function begin(input: Input) {
  runs += 1;
  const session = await ecsService.open(
    ecsService.config.parse({...lab.config, cluster: 'shop', service: 'web'}),
    {name: 'web', signal: new AbortController().signal},
  );
  ended.push(() => session.close());
  return trying(session, input, {id: `r-${runs}`, entry: 'task', started: false});
}

type Opened = Session<ServiceReader, ServiceWriter>;

function trying(session: Opened, input: Input, run: Look<any, any>['run'], now?: Date) {
  const told: string[] = [];
  const look = (): Look<{service: typeof ecsService}, any> => ({
    input: runTask.input.parse(input),
    targets: {service: session.reader},
    run,
    now: now ?? new Date(),
    report: (line) => void told.push(line),
    signal: new AbortController().signal,
  });
  const check = () => runTask.check(look());
  return {
    told,
    check,
    act: async () => {
      for (const action of await runTask.plan(look(), undefined)) {
        await action.perform(session.writer, look().signal, () => {});
      }
    },
    followed: async () => {
      const said: string[] = [];
      const verdict = await vi.waitFor(
        async () => {
          const found = await check();
          said.push(...(found.kind === 'waiting' ? [found.progress] : []));
          expect(found.kind).not.toBe('waiting');
          return found;
        },
        {timeout: 60_000, interval: 20},
      );
      return {verdict, said};
    },
    resumed: async (changed: Input = {}, so: object = {}, at?: Date) => {
      const other = await ecsService.open(
        ecsService.config.parse({...lab.config, cluster: 'shop', service: 'web'}),
        {name: 'web', signal: new AbortController().signal},
      );
      ended.push(() => other.close());
      return trying(other, {...input, ...changed}, {...run, ...so}, at);
    },
  };
}

async function startedTasks(): Promise<number> {
  const asked = {cluster: 'shop', desiredStatus: 'STOPPED'} as const;
  return (await lab.ecsClient.send(new ListTasksCommand(asked))).taskArns?.length ?? 0;
}
