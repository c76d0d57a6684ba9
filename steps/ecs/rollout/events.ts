import {
  type DeploymentState,
  primaryOf,
  type Snapshot,
  shortName,
  type TargetHealth,
  type TaskState,
} from './state.ts';

/** What was last seen of everything that moves in a rollout, by its name. */
export interface Heard {
  readonly deployment: string | undefined;
  readonly events: ReadonlySet<string>;
  readonly states: ReadonlyMap<string, string>;
  /** By target group: how often a healthy target was found unhealthy since this deployment began. */
  readonly falls: ReadonlyMap<string, number>;
}

export interface News {
  /** In the order in which things happened, as far as AWS tells. */
  readonly lines: readonly string[];
  readonly heard: Heard;
}

/** What happened between two looks: service events, and every task, target and deployment that changed its state. */
export function newsIn(snapshot: Snapshot, before: Heard | undefined): News {
  const primary = primaryOf(snapshot.service);
  const moving = [
    ...snapshot.service.deployments.map(deploymentLine),
    ...snapshot.tasks.map(taskLine),
    ...snapshot.targets.map(targetLine),
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
      ...changed.map(({what, state, tells}) => tells(before?.states.get(what), state)),
    ],
    heard: {
      deployment: primary?.id,
      // A read may be older than the one before it: what was told once stays told.
      events: new Set([...(before?.events ?? []), ...events.map(({key}) => key)]),
      states: new Map(moving.map(({what, state}) => [what, state])),
      falls: fallsAfter(before?.deployment === primary?.id ? before : undefined, snapshot.targets),
    },
  };
}

/** Target groups whose targets come and go, in words: one that falls may be an accident, two are none. */
export function flapping(heard: Heard | undefined): readonly string[] {
  const groups = [...(heard?.falls ?? [])].filter(([, count]) => count >= 2);
  return groups.map(
    ([group, count]) =>
      `the health check flaps: ${count} times a healthy target of ${group} became unhealthy`,
  );
}

interface Moving {
  readonly what: string;
  readonly state: string;
  /** It belongs to the newest deployment: told also by a process that has seen nothing before. */
  isNew(primary: DeploymentState | undefined): boolean;
  tells(was: string | undefined, is: string): string;
}

const deploymentLine = (deployment: DeploymentState): Moving => ({
  what: `deployment ${deployment.id}`,
  state: [
    deployment.status,
    deployment.rolloutState ?? '',
    deployment.rolloutStateReason ?? '',
  ].join('\n'),
  isNew: (primary) => primary?.id === deployment.id,
  tells: () =>
    `rollout of ${shortName(deployment.taskDefinition)}: ${deployment.status} ${deployment.rolloutState ?? ''}`.trim() +
    (deployment.rolloutState === 'FAILED' ? ` (${deployment.rolloutStateReason})` : ''),
});

const taskLine = (task: TaskState): Moving => ({
  what: `task ${task.arn}`,
  state: [task.lastStatus, task.healthStatus].join('\n'),
  isNew: (primary) => primary?.id === task.startedBy,
  tells: () => {
    const health = task.healthStatus === 'UNKNOWN' ? '' : ` ${task.healthStatus}`;
    return `task ${shortId(task.arn)} (${shortName(task.taskDefinition)}): ${task.lastStatus}${health}${endOf(task)}`;
  },
});

const targetLine = (target: TargetHealth): Moving => ({
  what: targetName(target),
  state: [target.state, target.description ?? ''].join('\n'),
  isNew: () => true,
  tells: (was) => {
    const from = was === undefined ? '' : `${was.split('\n')[0]} -> `;
    const why = target.description ? ` (${target.description})` : '';
    return `target ${targetName(target)}: ${from}${target.state}${why}`;
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
  before: Heard | undefined,
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
