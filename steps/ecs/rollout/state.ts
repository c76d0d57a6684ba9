/** What a look at an ECS service found: what the SDK returned, parsed once. */
export interface ServiceState {
  readonly status: string;
  /** `ECS`, `CODE_DEPLOY` or `EXTERNAL`. */
  readonly controller: string;
  /** `ROLLING`; or `BLUE_GREEN`, `LINEAR` or `CANARY`: ECS starts all new tasks, and shifts the traffic itself. */
  readonly strategy: string;
  /** What the strategy waits for by itself: between the shifts of traffic, and before the old tasks end. */
  readonly bakeMs: number;
  /** `REPLICA`, or `DAEMON`: one task on each instance. */
  readonly scheduling: string;
  readonly desiredCount: number;
  readonly runningCount: number;
  readonly pendingCount: number;
  readonly minimumHealthyPercent: number;
  readonly maximumPercent: number;
  /** The PRIMARY one first. */
  readonly deployments: readonly DeploymentState[];
  /** Newest first. */
  readonly events: readonly {readonly at: Date; readonly message: string}[];
  readonly targetGroups: readonly string[];
  /** By target group, the one with which it takes turns in deployments that shift traffic. */
  readonly alternates: Readonly<Record<string, string>>;
  /** The service deployment that the newest change began, where ECS names one. */
  readonly currentServiceDeployment?: string;
}

/** A deployment as ECS moves it from stage to stage. */
export interface StagedDeployment {
  /** `IN_PROGRESS`, `SUCCESSFUL`, `ROLLBACK_IN_PROGRESS` … */
  readonly status: string;
  readonly reason?: string;
  /** `SCALE_UP`, `PRODUCTION_TRAFFIC_SHIFT`, `BAKE_TIME` … */
  readonly stage?: string;
  /** Hooks that have not ended, such as one that waits for a person: `approve (AWAITING_ACTION)`. */
  readonly hooks: readonly string[];
}

export interface DeploymentState {
  readonly id: string;
  readonly status: string;
  readonly taskDefinition: string;
  readonly failedTasks: number;
  /** Absent behind a classic load balancer. */
  readonly rolloutState?: string;
  readonly rolloutStateReason?: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface TaskState {
  readonly arn: string;
  readonly taskDefinition: string;
  /** The id of the deployment that started it. */
  readonly startedBy: string;
  readonly lastStatus: string;
  readonly healthStatus: string;
  readonly startedAt?: Date;
  readonly stopCode?: string;
  readonly stoppedReason?: string;
  readonly exitCodes: readonly number[];
  /** Where load balancers reach it; none unless it has a network interface of its own. */
  readonly addresses: readonly string[];
}

export interface TargetHealth {
  readonly group: string;
  readonly id: string;
  readonly state: string;
  readonly description?: string;
}

/** One look, whole. */
export interface Snapshot {
  readonly service: ServiceState;
  /** All that ECS still shows, stopped ones too. */
  readonly tasks: readonly TaskState[];
  readonly targets: readonly TargetHealth[];
  /** Of a strategy that shifts traffic, where the account may see it. */
  readonly staged?: StagedDeployment;
}

/** `web:7` of its ARN: what people call it. */
export const shortName = (arn: string): string => arn.split('/').at(-1) ?? arn;

export const primaryOf = ({deployments}: ServiceState): DeploymentState | undefined =>
  deployments.find(({status}) => status === 'PRIMARY');
