import type {Deployment, Service} from './ecs-state.ts';
import {
  percentOf,
  type ShiftingStrategy,
  type Stage,
  type Staging,
  stepMinutesOf,
} from './ecs-strategy.ts';

/** Old tasks end in the last stage, and those of a deployment that was rolled back at once. */
export const mayEndOld = ({options}: Service, {record}: Deployment): boolean =>
  !options.strategy || record.status !== 'IN_PROGRESS' || record.staging?.stage === 'CLEAN_UP';

/**
 * Moves a deployment on (developer guide, "Amazon ECS blue/green deployments"): all new tasks, then the traffic, then
 * the bake time, then the old tasks.
 */
export function advanceStage(
  service: Service,
  deployment: Deployment,
  {isReady, minuteMs}: {readonly isReady: boolean; readonly minuteMs: number},
): void {
  const {strategy} = service.options;
  const {record} = deployment;
  if (!strategy || record.status !== 'IN_PROGRESS') {
    return;
  }
  record.staging ??= {stage: 'SCALE_UP', since: Date.now()};
  const {staging} = record;
  const isOver = (minutes: number) => Date.now() - staging.since >= minutes * minuteMs;
  switch (staging.stage) {
    case 'SCALE_UP':
      if (isReady) {
        // Without old tasks there is nothing to shift from.
        if (service.production === undefined) {
          allTraffic(service, deployment);
          enter(staging, 'CLEAN_UP');
        } else {
          shift(service, deployment, firstShift(strategy));
          enter(staging, 'PRODUCTION_TRAFFIC_SHIFT');
        }
      }
      break;
    case 'PRODUCTION_TRAFFIC_SHIFT':
      if (service.shifted >= 100) {
        enter(staging, 'BAKE_TIME');
      } else if (isOver(stepMinutesOf(strategy))) {
        const step = strategy.kind === 'LINEAR' ? percentOf(strategy) : 100;
        shift(service, deployment, service.shifted + step);
        staging.since = Date.now();
      }
      break;
    case 'BAKE_TIME':
      if (isOver(strategy.bakeMinutes)) {
        allTraffic(service, deployment);
        enter(staging, 'CLEAN_UP');
      }
      break;
    case 'CLEAN_UP':
      break;
  }
}

function enter(staging: Staging, stage: Stage): void {
  Object.assign(staging, {stage, since: Date.now()});
}

const firstShift = (strategy: ShiftingStrategy): number =>
  strategy.kind === 'BLUE_GREEN' ? 100 : percentOf(strategy);

function shift(service: Service, {group}: Deployment, percent: number): void {
  service.candidate = group;
  service.shifted = Math.min(100, percent);
}

/** All traffic goes to the tasks of one deployment: the one that stays. */
export function allTraffic(service: Service, {group}: Deployment): void {
  service.production = group;
  service.candidate = undefined;
  service.shifted = 0;
}

/** How the listener rule divides connections between the two target groups, in percent. */
export function weightsOf(service: Service): Readonly<Record<string, number>> {
  const {strategy, targetGroup} = service.options;
  if (!strategy || !targetGroup) {
    return {};
  }
  const {production = targetGroup.arn, candidate, shifted} = service;
  const groups = [targetGroup.arn, strategy.alternateTargetGroup];
  return Object.fromEntries(
    groups.map((group) => [
      group,
      (group === production ? 100 - shifted : 0) + (group === candidate ? shifted : 0),
    ]),
  );
}
