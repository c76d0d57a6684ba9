/** A strategy that shifts traffic (ECS API, DeploymentConfiguration). */
export interface ShiftingStrategy {
  readonly kind: 'BLUE_GREEN' | 'LINEAR' | 'CANARY';
  readonly bakeMinutes: number;
  /** Of the target group with which that of the service takes turns. */
  readonly alternateTargetGroup: string;
  /** LINEAR: how much each step shifts. CANARY: how much the first one shifts. */
  readonly percent?: number;
  /** Between the shifts. */
  readonly stepMinutes?: number;
}

/** Stages without anything to do are passed within a tick: nobody sees them. */
export type Stage = 'SCALE_UP' | 'PRODUCTION_TRAFFIC_SHIFT' | 'BAKE_TIME' | 'CLEAN_UP';

/** Where a deployment that shifts traffic is. */
export interface Staging {
  stage: Stage;
  since: number;
}

/** What ECS takes where nothing is set (ECS API, LinearConfiguration and CanaryConfiguration). */
export const percentOf = ({kind, percent}: ShiftingStrategy): number =>
  percent ?? (kind === 'CANARY' ? 5 : 10);
export const stepMinutesOf = ({kind, stepMinutes}: ShiftingStrategy): number =>
  stepMinutes ?? (kind === 'CANARY' ? 10 : 6);

/** The group of the tasks of the next deployment: of the two, the one that serves nobody. */
export const nextGroup = (
  {
    strategy,
    targetGroup,
  }: {
    readonly strategy?: ShiftingStrategy;
    readonly targetGroup?: {readonly arn: string};
  },
  production: string | undefined,
): string | undefined =>
  strategy && production === targetGroup?.arn ? strategy.alternateTargetGroup : targetGroup?.arn;

export function strategyShape(strategy: ShiftingStrategy | undefined): object {
  if (!strategy) {
    return {strategy: 'ROLLING'};
  }
  const {kind, bakeMinutes} = strategy;
  const [percent, minutes] = [percentOf(strategy), stepMinutesOf(strategy)];
  return {
    strategy: kind,
    bakeTimeInMinutes: bakeMinutes,
    ...(kind === 'LINEAR'
      ? {linearConfiguration: {stepPercent: percent, stepBakeTimeInMinutes: minutes}}
      : {}),
    ...(kind === 'CANARY'
      ? {canaryConfiguration: {canaryPercent: percent, canaryBakeTimeInMinutes: minutes}}
      : {}),
  };
}
