import type {Service} from '@aws-sdk/client-ecs';
import type {ServiceState, Snapshot, StagedDeployment} from './state.ts';

// ECS starts all new tasks beside the old ones, shifts the traffic itself, keeps both for the bake time, and then ends
// the old ones (ECS API, DeploymentConfiguration).

const shiftingStrategies = ['BLUE_GREEN', 'LINEAR', 'CANARY'];

export const shiftsTraffic = ({strategy}: Pick<ServiceState, 'strategy'>): boolean =>
  shiftingStrategies.includes(strategy);

/** What ECS takes where nothing is set (ECS API, LinearConfiguration and CanaryConfiguration). */
const defaults = {stepPercent: 10, stepMinutes: 6, canaryMinutes: 10};

/** How long a deployment waits by itself. */
export function bakeMsOf({deploymentConfiguration: set = {}}: Service): number {
  const {
    strategy = 'ROLLING',
    bakeTimeInMinutes = 0,
    linearConfiguration,
    canaryConfiguration,
  } = set;
  const {stepPercent = defaults.stepPercent, stepBakeTimeInMinutes = defaults.stepMinutes} =
    linearConfiguration ?? {};
  const shifts: Readonly<Record<string, number>> = {
    // Nothing is waited for after the last step.
    LINEAR: (Math.ceil(100 / stepPercent) - 1) * stepBakeTimeInMinutes,
    CANARY: canaryConfiguration?.canaryBakeTimeInMinutes ?? defaults.canaryMinutes,
  };
  return shiftsTraffic({strategy}) ? (bakeTimeInMinutes + (shifts[strategy] ?? 0)) * 60_000 : 0;
}

const inFlight = [
  'PENDING',
  'IN_PROGRESS',
  'STOP_REQUESTED',
  'ROLLBACK_REQUESTED',
  'ROLLBACK_IN_PROGRESS',
];

export const isInFlight = (staged: StagedDeployment | undefined): boolean =>
  staged !== undefined && inFlight.includes(staged.status);

/** What is still to come of a deployment, as parts of a sentence. */
export function stageTexts({staged}: Snapshot): readonly string[] {
  if (!staged || !isInFlight(staged)) {
    return [];
  }
  const {status, stage, hooks} = staged;
  return [
    `deployment ${status}${stage ? ` in stage ${stage}` : ''}`,
    ...(hooks.length > 0 ? [`waits for the hooks ${hooks.join(', ')}`] : []),
  ];
}

/** The plan's remark on a service that ECS deploys in its own time. */
export function strategyRemark(name: string, {strategy, bakeMs}: ServiceState): readonly string[] {
  const minutes = bakeMs / 60_000;
  return shiftsTraffic({strategy})
    ? [
        `ECS deploys the ${name} with the strategy ${strategy}: ECS starts all new tasks beside the old ones and shifts the traffic itself. The settings of the service make it wait ${minutes} min. A reversal also waits that long once the old tasks have been stopped.`,
      ]
    : [];
}
