import {type Session, SwitcharooError} from '../../../src/index.ts';
import {type AwsConfig, readingClient, writingClient} from '../../aws/client.ts';
import type {EcsNames} from '../api/aws-calls.ts';
import {lazyClients} from '../api/clients.ts';
import {nameOf} from '../api/problems.ts';

/** Which ways of scaling are suspended. */
export interface Suspended {
  readonly in: boolean;
  readonly out: boolean;
  readonly scheduled: boolean;
}

export interface ScalableTarget {
  readonly min: number;
  readonly max: number;
  readonly suspended: Suspended;
}

export interface ScalingReader {
  /** Nothing where Application Auto Scaling does not know the service. */
  scaling(signal: AbortSignal): Promise<ScalableTarget | undefined>;
}

export interface ScalingWriter extends ScalingReader {
  /** Its limits stay as they are. */
  suspend(suspended: Suspended, signal: AbortSignal): Promise<void>;
}

export interface ScalingCalls {
  describe(signal: AbortSignal): Promise<ScalableTarget | undefined>;
  register(suspended: Suspended, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export const openScaling = (calls: ScalingCalls): Session<ScalingReader, ScalingWriter> => {
  const reader: ScalingReader = {scaling: (signal) => calls.describe(signal)};
  return {
    reader,
    writer: {
      ...reader,
      async suspend(suspended, signal) {
        signal.throwIfAborted();
        await calls.register(suspended, signal);
      },
    },
    close: () => calls.close(),
  };
};

export function scalingCalls(config: AwsConfig & EcsNames): ScalingCalls {
  const cluster = config.cluster.split('/').at(-1);
  const target = {
    ServiceNamespace: 'ecs',
    ScalableDimension: 'ecs:service:DesiredCount',
  } as const;
  const resource = `service/${cluster}/${config.service}`;
  const {ask, close} = lazyClients(
    config,
    async () => {
      const sdk = await import('@aws-sdk/client-application-auto-scaling');
      return {
        sdk,
        reading: new sdk.ApplicationAutoScalingClient(readingClient(config)),
        writing: new sdk.ApplicationAutoScalingClient(writingClient(config)),
      };
    },
    ({reading, writing}) => [reading, writing],
  );
  return {
    describe: (abortSignal) =>
      ask(async ({sdk, reading}) => {
        const asked = {...target, ResourceIds: [resource]};
        const command = new sdk.DescribeScalableTargetsCommand(asked);
        const [found] = (await reading.send(command, {abortSignal})).ScalableTargets ?? [];
        const {
          DynamicScalingInSuspended = false,
          DynamicScalingOutSuspended = false,
          ScheduledScalingSuspended = false,
        } = found?.SuspendedState ?? {};
        return (
          found && {
            min: found.MinCapacity ?? 0,
            max: found.MaxCapacity ?? 0,
            suspended: {
              in: DynamicScalingInSuspended,
              out: DynamicScalingOutSuspended,
              scheduled: ScheduledScalingSuspended,
            },
          }
        );
      }),

    register: (suspended, abortSignal) =>
      ask(async ({sdk, writing}) => {
        // Without MinCapacity and MaxCapacity they stay as they are.
        const command = new sdk.RegisterScalableTargetCommand({
          ...target,
          ResourceId: resource,
          SuspendedState: {
            DynamicScalingInSuspended: suspended.in,
            DynamicScalingOutSuspended: suspended.out,
            ScheduledScalingSuspended: suspended.scheduled,
          },
        });
        try {
          await writing.send(command, {abortSignal});
        } catch (cause) {
          if (cause instanceof Error && cause.name === 'ValidationException') {
            throw new SwitcharooError(notScalable(config, cause.message), {cause});
          }
          throw cause;
        }
      }),

    close,
  };
}

const notScalable = (names: EcsNames, said: string) => ({
  code: 'ecs-scaling-refused',
  message: `Application Auto Scaling does not take a change for ${nameOf(names)}: ${said.replace(/\s+/g, ' ').trim()}`,
  hint: 'Correct what it names, then resume; `aws application-autoscaling describe-scalable-targets --service-namespace ecs` shows what it knows.',
});

export const suspendedText = (so: Suspended): string => {
  const named = {in: 'in', out: 'out', scheduled: 'by schedule'} as const;
  const off = (['in', 'out', 'scheduled'] as const).filter((way) => so[way]);
  return off.length === 0 ? 'runs' : `is suspended (${off.map((way) => named[way]).join(', ')})`;
};

export const isSameSuspension = (one: Suspended, other: Suspended): boolean =>
  one.in === other.in && one.out === other.out && one.scheduled === other.scheduled;
