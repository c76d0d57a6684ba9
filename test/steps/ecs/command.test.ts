import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {lawsOfStep} from 'switcharoo/testing';
import {afterAll, beforeAll, expect, test, vi} from 'vitest';
import type {Look} from '../../../src/index.ts';
import {command} from '../../../steps/ecs/command.ts';
import {ecsService} from '../../../steps/ecs/target.ts';
import type {OneOffCalls} from '../../../steps/ecs/task/calls.ts';
import {openOneOffs} from '../../../steps/ecs/task/session.ts';
import {type EcsLab, startEcsLab} from '../../lab/aws/ecs-lab.ts';
import {oneOffCalls} from './fake-tasks.ts';

/** Its commands `add` and `remove` change one set. */
const fakeTasks = (flags: Set<string>, status: string): OneOffCalls =>
  oneOffCalls(status, ([verb, flag = '']) => {
    if (verb === 'add') {
      flags.add(flag);
    } else {
      flags.delete(flag);
    }
  });

const world = async (status = 'ACTIVE') => {
  const flags = new Set(['other']);
  const {reader, writer} = openOneOffs('service web of cluster shop', fakeTasks(flags, status));
  const session = {reader, writer, close: async () => {}};
  return {sessions: {service: session}, picture: async () => [...flags].sort()};
};

lawsOfStep({
  step: command,
  input: {do: ['add', 'moved'], undo: ['remove', 'moved'], quietMs: 0},
  world,
  blockedWorld: () => world('DRAINING'),
});

let lab: EcsLab;
let folder: string;
const ended: (() => Promise<void>)[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'switcharoo-'));
  lab = await startEcsLab({desiredCount: 0});
  await lab.ecs.steady();
});

afterAll(async () => {
  await Promise.all(ended.map((end) => end()));
  await lab.stop();
  rmSync(folder, {recursive: true});
});

test('is done, undone, and done again, each by a task of its own', async () => {
  const log = join(folder, 'log');
  const run = await opened('again', `echo do >> ${log}`, `echo undo >> ${log}`);
  expect(await run.check()).toMatchObject({kind: 'pending', differences: [{is: 'not run'}]});
  await run.act('plan');
  expect(await run.check()).toMatchObject({kind: 'done', output: {task: expect.any(String)}});
  await run.act('plan');
  await run.act('reverse');
  expect(await run.isReversed()).toBe(true);
  expect(await run.check()).toMatchObject({kind: 'pending', differences: [{is: 'not run'}]});
  await run.act('reverse');
  await run.act('plan');
  expect(readFileSync(log, 'utf8')).toBe('do\nundo\ndo\n');
});

test('a reversal after its process died waits for the task that is still running, and undoes what it did', async () => {
  const file = join(folder, 'flag');
  const first = await opened('crash', `echo begun; sleep 1; touch ${file}`, `rm ${file}`);
  const death = new AbortController();
  const running = first.act('plan', death.signal).catch((error: unknown) => error);
  await vi.waitFor(() => expect(first.told).toContain('begun'), {timeout: 60_000, interval: 20});
  death.abort(new Error('killed'));
  await running;

  const second = await opened('crash', `echo begun; sleep 1; touch ${file}`, `rm ${file}`);
  expect(await second.isReversed()).toBe(false);
  await second.act('reverse');
  expect(await second.isReversed()).toBe(true);
  expect(existsSync(file)).toBe(false);
});

test('a reversal waits for a task that was started a moment ago and is in no list yet', async () => {
  const flags = new Set<string>();
  const calls = fakeTasks(flags, 'ACTIVE');
  const lookOf = (reader: object, startedAt: Date): Look<any, any> => ({
    input: command.input.parse({do: ['add', 'moved'], undo: ['remove', 'moved'], quietMs: 0}),
    targets: {service: reader as never},
    run: {id: 'lag', entry: 'flag', started: true, startedAt},
    now: new Date(),
    signal: new AbortController().signal,
  });
  const perform = async (way: 'plan' | 'reverse', tasks: OneOffCalls, startedAt: Date) => {
    const {reader, writer} = openOneOffs('service web of cluster shop', tasks);
    const actions = await command[way](lookOf(reader, startedAt), {});
    for (const action of Array.isArray(actions) ? actions : expect.fail('it is blocked')) {
      await action.perform(writer, new AbortController().signal, () => {});
    }
  };
  const started = new Date();
  await perform('plan', calls, started);
  const shownAt = performance.now() + 1_000;
  const undoneAt: number[] = [];
  await perform(
    'reverse',
    {
      ...calls,
      tasksStartedBy: async (name, signal) =>
        performance.now() < shownAt ? [] : calls.tasksStartedBy(name, signal),
      runTask: async (order, signal) => {
        undoneAt.push(performance.now());
        return calls.runTask(order, signal);
      },
    },
    started,
  );
  expect(undoneAt).toHaveLength(1);
  expect(undoneAt[0]).toBeGreaterThan(shownAt);
  expect([...flags]).toEqual([]);
});

test('what a failed command did is undone too', async () => {
  const file = join(folder, 'half');
  const run = await opened('half', `touch ${file}; exit 3`, `rm ${file}`);
  await expect(run.act('plan')).rejects.toMatchObject({
    problem: {code: 'ecs-task-failed', message: expect.stringContaining('exit code 3')},
  });
  expect(existsSync(file)).toBe(true);
  await run.act('reverse');
  expect(existsSync(file)).toBe(false);
});

test('after an hour the operator is asked, and nothing is run again by itself', async () => {
  const run = await opened('late', 'true', 'true');
  const startedAt = new Date(Date.UTC(2026, 2, 1, 2));
  const now = new Date(Date.UTC(2026, 2, 1, 3));
  expect(await run.check({started: true, startedAt}, now)).toMatchObject({kind: 'needs-answer'});
  expect(await run.check({started: true, startedAt: now}, now)).toMatchObject({kind: 'pending'});
});

async function opened(id: string, script: string, undo: string) {
  const session = await ecsService.open(
    ecsService.config.parse({...lab.config, cluster: 'shop', service: 'web'}),
    {name: 'web', signal: new AbortController().signal},
  );
  ended.push(() => session.close());
  const told: string[] = [];
  const look = (run: object = {started: true}, now = new Date()): Look<any, any> => ({
    input: command.input.parse({
      do: ['sh', '-c', script],
      undo: ['sh', '-c', undo],
      quietMs: 600,
    }),
    targets: {service: session.reader},
    run: {id, entry: 'flag', started: true, ...run},
    now,
    signal: new AbortController().signal,
  });
  return {
    told,
    check: (run?: object, now?: Date) => command.check(look(run, now)),
    isReversed: () => command.isReversed?.(look()),
    act: async (way: 'plan' | 'reverse', signal = new AbortController().signal) => {
      const actions = await command[way](look(), {});
      for (const action of Array.isArray(actions) ? actions : expect.fail('it is blocked')) {
        await action.perform(session.writer, signal, (line: string) => void told.push(line));
      }
    },
  };
}
