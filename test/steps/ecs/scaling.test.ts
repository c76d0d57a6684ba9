import {
  ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling';
import {lawsOfStep} from 'switcharoo/testing';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import type {Look} from '../../../src/index.ts';
import type {ScalableTarget} from '../../../steps/ecs/contract.ts';
import {restoreScaling} from '../../../steps/ecs/restore-scaling.ts';
import {openScaling} from '../../../steps/ecs/scaling/calls.ts';
import {suspendScaling} from '../../../steps/ecs/suspend-scaling.ts';
import {ecsService} from '../../../steps/ecs/target.ts';
import {type EcsLab, startEcsLab} from '../../lab/aws/ecs-lab.ts';

const awake = {in: false, out: false, scheduled: false};
const asleep = {in: true, out: true, scheduled: true};
const half = {in: true, out: false, scheduled: false};

describe('on a fake', () => {
  for (const suspended of [awake, half]) {
    lawsOfStep({step: suspendScaling, input: {}, world: async () => fake(suspended)});
  }
  lawsOfStep({step: restoreScaling, input: {was: half}, world: async () => fake(asleep)});
});

describe('on the lab', () => {
  let lab: EcsLab;
  let client: ApplicationAutoScalingClient;
  beforeAll(async () => {
    lab = await startEcsLab({desiredCount: 2});
    client = new ApplicationAutoScalingClient(lab.config as never);
  });
  afterAll(async () => {
    client.destroy();
    await lab.stop();
  });

  const id = {ServiceNamespace: 'ecs', ScalableDimension: 'ecs:service:DesiredCount'} as const;
  const set = (SuspendedState: object) =>
    client.send(
      new RegisterScalableTargetCommand({
        ...id,
        ResourceId: 'service/shop/web',
        SuspendedState: {
          DynamicScalingInSuspended: false,
          DynamicScalingOutSuspended: false,
          ScheduledScalingSuspended: false,
          ...SuspendedState,
        },
      }),
    );
  const picture = async () => {
    const {ScalableTargets = []} = await client.send(
      new DescribeScalableTargetsCommand({...id, ResourceIds: ['service/shop/web']}),
    );
    return ScalableTargets;
  };
  const world = async () => {
    await set({});
    const session = await ecsService.open(
      ecsService.config.parse({...lab.config, cluster: 'shop', service: 'web'}),
      {name: 'web', signal: new AbortController().signal},
    );
    return {sessions: {service: session}, picture, close: () => session.close()};
  };

  lawsOfStep({step: suspendScaling, input: {}, world});
  lawsOfStep({step: restoreScaling, input: {was: half}, world});

  test('a policy changes the number of tasks no longer, and again once it is restored exactly', async () => {
    const {sessions, close} = await world();
    await set({DynamicScalingInSuspended: true});
    const before = await picture();
    const look = (input: object, run: object = {}): Look<{service: typeof ecsService}, any> => ({
      input,
      targets: {service: sessions.service.reader},
      run: {id: 'r-1', entry: 'scaling', started: false, ...run},
      now: new Date(),
      signal: new AbortController().signal,
    });
    const act = async (actions: Awaited<ReturnType<typeof suspendScaling.plan>>) => {
      for (const action of actions) {
        await action.perform(sessions.service.writer, new AbortController().signal, () => {});
      }
    };
    await act(await suspendScaling.plan(look({}), half));
    const ended = await suspendScaling.check(look({}, {started: true, before: half}));
    expect(ended).toEqual({kind: 'done', output: {was: half}});
    lab.autoscaling.policyWants('service/shop/web', 5);
    expect(lab.ecs.scaled('web').get()).toBe(2);

    await act(await restoreScaling.plan(look({was: half}), asleep));
    expect(await picture()).toEqual(before);
    lab.autoscaling.policyWants('service/shop/web', 5);
    expect(lab.ecs.scaled('web').get()).toBe(5);
    // Scaling in was suspended before, by somebody else, and still is.
    lab.autoscaling.policyWants('service/shop/web', 2);
    expect(lab.ecs.scaled('web').get()).toBe(5);
    await close();
  });
});

test('a service that nothing scales is left alone', async () => {
  const {sessions} = fake(undefined);
  const look = {
    input: {},
    targets: {service: sessions.service.reader},
    run: {id: 'r-1', entry: 'scaling', started: false},
    now: new Date(),
    signal: new AbortController().signal,
  };
  expect(await suspendScaling.check(look as never)).toEqual({kind: 'done', output: {was: null}});
  expect(await restoreScaling.check({...look, input: {was: null}} as never)).toEqual({
    kind: 'done',
    output: {},
  });
});

function fake(suspended: ScalableTarget['suspended'] | undefined) {
  let target = suspended && {min: 1, max: 4, suspended};
  const session = openScaling({
    describe: async () => target,
    register: async (suspension) => {
      target = target && {...target, suspended: suspension};
    },
  });
  return {
    sessions: {service: {...session, close: async () => {}}},
    picture: async () => structuredClone(target),
  };
}
