import {
  type DeploymentState,
  primaryOf,
  type Snapshot,
  shortName,
  type TargetHealth,
  type TaskState,
} from './state.ts';

/** The last seen state of everything that moves in a rollout, by its name. */
export interface RolloutPicture {
  readonly deployment: string | undefined;
  readonly events: ReadonlySet<string>;
  readonly states: ReadonlyMap<string, string>;
  /** By target group: how often a healthy target became unhealthy since this deployment began. */
  readonly falls: ReadonlyMap<string, number>;
}

interface Changes {
  /** In the order in which they happened, as far as AWS shows it. */
  readonly lines: readonly string[];
  readonly picture: RolloutPicture;
}

/** What happened between two snapshots: service events, and each task, target and deployment that changed its state. */
export function changesSince(before: RolloutPicture | undefined, snapshot: Snapshot): Changes {
  const primary = primaryOf(snapshot.service);
  const {deployments} = snapshot.service;
  // One snapshot may show a whole rollout: it begins before its tasks do, and ends after them.
  const moving = [
    ...deployments.filter((deployment) => !isOver(deployment)).map(deploymentLine),
    ...snapshot.tasks.map(taskLine),
    ...snapshot.targets.map(targetLine),
    ...deployments.filter(isOver).map(deploymentLine),
  ];
  const events = snapshot.service.events.map((event) => ({...event, key: eventKey(event)}));
  const fresh = events.filter(({key, at}) =>
    before ? !before.events.has(key) : primary !== undefined && at >= primary.createdAt,
  );
  const changed = moving.filter(({what, state, isNew}) =>
    before ? before.states.get(what) !== state : isNew(primary),
  );
  return {
    lines: [
      ...fresh.reverse().map(({message}) => `ECS: ${withoutService(message)}`),
      ...changed.map(({what, state, line}) => line(before?.states.get(what), state)),
    ],
    picture: {
      deployment: primary?.id,
      // A read may be older than the one before it: an event that was shown once is not shown again.
      events: new Set([...(before?.events ?? []), ...events.map(({key}) => key)]),
      states: new Map(moving.map(({what, state}) => [what, state])),
      falls: fallsAfter(before?.deployment === primary?.id ? before : undefined, snapshot.targets),
    },
  };
}

/** Target groups whose targets come and go, in words: one fall may be an accident, two are none. */
export function flapping({falls}: RolloutPicture): readonly string[] {
  const groups = [...falls].filter(([, count]) => count >= 2);
  return groups.map(
    ([group, count]) =>
      `the health check flaps: ${count} times a healthy target of ${group} became unhealthy`,
  );
}

interface Moving {
  readonly what: string;
  readonly state: string;
  /** It belongs to the newest deployment: shown also by a process that has no earlier picture. */
  isNew(primary: DeploymentState | undefined): boolean;
  line(was: string | undefined, is: string): string;
}

const isOver = ({rolloutState}: DeploymentState): boolean =>
  rolloutState === 'COMPLETED' || rolloutState === 'FAILED';

const deploymentLine = (deployment: DeploymentState): Moving => ({
  what: `deployment ${deployment.id}`,
  state: [
    deployment.status,
    deployment.rolloutState ?? '',
    deployment.rolloutStateReason ?? '',
  ].join('\n'),
  isNew: (primary) => primary?.id === deployment.id,
  line: () =>
    `rollout of ${shortName(deployment.taskDefinition)}: ${deployment.status} ${deployment.rolloutState ?? ''}`.trim() +
    (deployment.rolloutState === 'FAILED' ? ` (${deployment.rolloutStateReason})` : ''),
});

const taskLine = (task: TaskState): Moving => ({
  what: `task ${task.arn}`,
  state: [task.lastStatus, task.healthStatus].join('\n'),
  isNew: (primary) => primary?.id === task.startedBy,
  line: () => {
    const health = task.healthStatus === 'UNKNOWN' ? '' : ` ${task.healthStatus}`;
    return `task ${shortId(task.arn)} (${shortName(task.taskDefinition)}): ${task.lastStatus}${health}${endOf(task)}`;
  },
});

const targetLine = (target: TargetHealth): Moving => ({
  what: targetName(target),
  state: [target.state, target.description ?? ''].join('\n'),
  isNew: () => true,
  line: (was) => {
    const from = was === undefined ? '' : `${was.split('\n')[0]} -> `;
    const reason = target.description ? ` (${target.description})` : '';
    return `target ${targetName(target)}: ${from}${target.state}${reason}`;
  },
});

function endOf({lastStatus, stoppedReason, stopCode, exitCodes}: TaskState): string {
  if (lastStatus !== 'STOPPED') {
    return '';
  }
  const codes = exitCodes.length > 0 ? `, exit code ${exitCodes.join(', ')}` : '';
  return ` (${(stoppedReason ?? stopCode ?? 'no reason given').replace(/\.$/, '')}${codes})`;
}

function fallsAfter(
  before: RolloutPicture | undefined,
  targets: readonly TargetHealth[],
): ReadonlyMap<string, number> {
  const falls = new Map(before?.falls ?? []);
  for (const target of targets) {
    const was = before?.states.get(targetName(target))?.split('\n')[0];
    if (was === 'healthy' && target.state === 'unhealthy') {
      const group = groupName(target);
      falls.set(group, (falls.get(group) ?? 0) + 1);
    }
  }
  return falls;
}

/** `shop` of `arn:…:targetgroup/shop/73e2d6bc24d8a067`. */
const groupName = ({group}: TargetHealth): string => group.split('/').at(-2) ?? group;
const targetName = (target: TargetHealth): string => `${target.id} in ${groupName(target)}`;

const shortId = (arn: string): string => (arn.split('/').at(-1) ?? arn).slice(0, 8);

const eventKey = ({at, message}: {at: Date; message: string}): string =>
  `${at.getTime()} ${message}`;

const withoutService = (message: string): string => message.replace(/^\(service [^)]*\) /, '');
