import {type Problem, SwitcharooError} from '../../../src/index.ts';
import {everyItem, oneLine} from '../../aws/index.ts';
import type {ServiceAccess} from '../api/access.ts';
import {serviceName} from '../api/problems.ts';
import type {ScalableTarget, ServiceNames, Suspended} from '../contract.ts';
import type {ScalingCalls} from './calls.ts';

const namespace = {
  ServiceNamespace: 'ecs',
  ScalableDimension: 'ecs:service:DesiredCount',
} as const;

/** The calls to Application Auto Scaling through the AWS SDK. */
export class AwsScalingCalls implements ScalingCalls {
  readonly #access: ServiceAccess;
  readonly #resource: string;

  constructor(access: ServiceAccess) {
    const {cluster, service} = access.config;
    this.#access = access;
    this.#resource = `service/${cluster.split('/').at(-1)}/${service}`;
  }

  describe(abortSignal: AbortSignal): Promise<ScalableTarget | undefined> {
    return this.#access.scaling(async ({sdk, reading}) => {
      const pages = sdk.paginateDescribeScalableTargets(
        {client: reading},
        {...namespace, ResourceIds: [this.#resource]},
        {abortSignal},
      );
      const [target] = await everyItem(pages, ({ScalableTargets}) => ScalableTargets);
      const {
        DynamicScalingInSuspended = false,
        DynamicScalingOutSuspended = false,
        ScheduledScalingSuspended = false,
      } = target?.SuspendedState ?? {};
      return (
        target && {
          min: target.MinCapacity ?? 0,
          max: target.MaxCapacity ?? 0,
          suspended: {
            in: DynamicScalingInSuspended,
            out: DynamicScalingOutSuspended,
            scheduled: ScheduledScalingSuspended,
          },
        }
      );
    });
  }

  register(suspended: Suspended, abortSignal: AbortSignal): Promise<void> {
    return this.#access.scaling(async ({sdk, writing}) => {
      // Without MinCapacity and MaxCapacity they stay as they are.
      const command = new sdk.RegisterScalableTargetCommand({
        ...namespace,
        ResourceId: this.#resource,
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
          throw new SwitcharooError(scalingRefused(this.#access.config, cause.message), {cause});
        }
        throw cause;
      }
    });
  }
}

const scalingRefused = (names: ServiceNames, refusal: string): Problem => ({
  code: 'ecs-scaling-refused',
  message: `Application Auto Scaling does not accept a change for ${serviceName(names)}: ${oneLine(refusal)}`,
  hint: 'Correct what it names, then resume. Show its targets with: aws application-autoscaling describe-scalable-targets --service-namespace ecs',
});
