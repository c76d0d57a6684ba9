import {type JsonInput, jsonService} from './json-service.ts';
import {arnIn} from './partition.ts';
import {AwsError} from './replies.ts';
import type {AwsService} from './service.ts';

interface SuspendedState {
  readonly DynamicScalingInSuspended: boolean;
  readonly DynamicScalingOutSuspended: boolean;
  readonly ScheduledScalingSuspended: boolean;
}

interface ScalableTarget {
  min: number;
  max: number;
  suspended: SuspendedState;
  readonly createdAt: number;
}

/** What is scaled: the desired count of a service. */
export interface Scaled {
  get(): number;
  set(desiredCount: number): void;
}

export interface Autoscaling extends AwsService {
  /** As a policy would: within the limits, and only where its direction is not suspended. */
  policyWants(resourceId: string, desiredCount: number): void;
}

const awake: SuspendedState = {
  DynamicScalingInSuspended: false,
  DynamicScalingOutSuspended: false,
  ScheduledScalingSuspended: false,
};

/** Application Auto Scaling for the services of a cluster. */
export function createAutoscaling(options: {
  /** By resource id: `service/shop/web`. */
  readonly targets: Readonly<Record<string, {min: number; max: number; scaled: Scaled}>>;
  readonly region?: string;
}): Autoscaling {
  const {region = 'us-east-1'} = options;
  const registered = new Map<string, ScalableTarget>(
    Object.entries(options.targets).map(([id, {min, max}]) => [
      id,
      {min, max, suspended: awake, createdAt: Date.now() / 1_000},
    ]),
  );
  const scaledOf = (id: string) => options.targets[id]?.scaled;

  return {
    ...jsonService('application-autoscaling', 'AnyScaleFrontendService.', {
      DescribeScalableTargets: (input) => {
        mustBeEcs(input);
        const ids = Array.isArray(input['ResourceIds']) ? input['ResourceIds'] : undefined;
        const shown = [...registered].filter(([id]) => ids === undefined || ids.includes(id));
        return {ScalableTargets: shown.map(([id, target]) => shapeOf(id, target, region))};
      },

      RegisterScalableTarget: (input) => {
        mustBeEcs(input);
        const id = String(input['ResourceId'] ?? '');
        const scaled = scaledOf(id);
        if (!scaled) {
          throw new AwsError('ValidationException', `ECS service doesn't exist: ${id}`);
        }
        const was = registered.get(id);
        const min = Number(input['MinCapacity'] ?? was?.min ?? Number.NaN);
        const max = Number(input['MaxCapacity'] ?? was?.max ?? Number.NaN);
        if (!(min >= 0 && max >= min)) {
          throw new AwsError('ValidationException', 'MinCapacity and MaxCapacity must be given.');
        }
        // A client of the SDK sends the modelled shape, or nothing.
        const given = (input['SuspendedState'] ?? {}) as Partial<SuspendedState>;
        registered.set(id, {
          min,
          max,
          suspended: {...(was?.suspended ?? awake), ...given},
          createdAt: was?.createdAt ?? Date.now() / 1_000,
        });
        scaled.set(Math.max(scaled.get(), min));
        return {ScalableTargetARN: arnOf(id, region)};
      },
    }),
    policyWants: (id, desiredCount) => {
      const target = registered.get(id);
      const scaled = scaledOf(id);
      if (target && scaled) {
        const {DynamicScalingInSuspended: noIn, DynamicScalingOutSuspended: noOut} =
          target.suspended;
        const isSuspended = desiredCount < scaled.get() ? noIn : noOut;
        scaled.set(
          isSuspended ? scaled.get() : Math.min(target.max, Math.max(target.min, desiredCount)),
        );
      }
    },
  };
}

function mustBeEcs(input: JsonInput): void {
  if (input['ServiceNamespace'] !== 'ecs') {
    throw new AwsError('ValidationException', 'This lab scales services of ECS alone.');
  }
}

const shapeOf = (id: string, {min, max, suspended, createdAt}: ScalableTarget, region: string) => ({
  ServiceNamespace: 'ecs',
  ResourceId: id,
  ScalableDimension: 'ecs:service:DesiredCount',
  MinCapacity: min,
  MaxCapacity: max,
  RoleARN: `${arnIn(region)}:iam::123456789012:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService`,
  CreationTime: createdAt,
  SuspendedState: suspended,
  ScalableTargetARN: arnOf(id, region),
});

const arnOf = (id: string, region: string): string =>
  `${arnIn(region)}:application-autoscaling:${region}:123456789012:scalable-target/${Buffer.from(id).toString('hex').slice(0, 24)}`;
