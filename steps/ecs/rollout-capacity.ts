import type {Service, TaskDefinition} from '@aws-sdk/client-ecs';
import {z} from 'zod';
import {type Blocked, blocked, defineGate, done, type Look} from '../../src/index.ts';
import type {FargateKind} from './capacity/account.ts';
import type {MemoryUse} from './capacity/calls.ts';
import {
  fitting,
  type InstanceRoom,
  type Limits,
  limitsOf,
  mayStart,
  mayStop,
  meets,
  type Need,
  nearest,
  needOf,
  type Rules,
  withOneMore,
  withoutOld,
} from './capacity/instances.ts';
import {addressPool, drawnFrom, type Pool, vcpuPool} from './capacity/pools.ts';
import {ecsService} from './target.ts';

const targets = {service: ecsService};

const input = z.object({
  /** How many tasks shall run afterwards; without it as many as now. */
  desiredCount: z.coerce.number().int().nonnegative().optional(),
  /** What shall run, as `family:revision`; without it what runs now, of which a new revision takes as much. */
  taskDefinition: z.string().optional(),
  /** How many tasks with a network interface of their own an instance takes: ECS does not say it. */
  interfacesMax: z.coerce.number().int().positive().optional(),
});

const output = z.object({
  /** `EC2`, or `FARGATE`, where there are no instances to look at. */
  on: z.enum(['EC2', 'FARGATE']),
  /** New tasks that may run beside the old ones, and how many of them fit now. */
  mayStart: z.number(),
  fit: z.number(),
  /** They do not fit now, and a capacity provider adds instances for them. */
  waitsForInstances: z.boolean(),
  cpu: z.number(),
  memoryMiB: z.number(),
  /** The most that a task used of its memory reservation in the last day, in percent. */
  memoryUsedPercent: z.number().nullable(),
  /** Free addresses of the subnets, where a task takes one; vCPU that Fargate still gives the account. */
  addressesLeft: z.number().nullable(),
  vcpuLeft: z.number().nullable(),
  /** What also decides, and was not looked at. */
  notLookedAt: z.array(z.string()),
});

type GateLook = Look<typeof targets, z.output<typeof input>>;
type Room = z.output<typeof output>;

/** Says before a rollout whether it can move: by its own limits, and by the room that is left on the instances and in the account. */
export const rolloutCapacity = defineGate({
  name: 'ecs.rollout-capacity',
  summary: 'Check that the cluster has the room that a rollout of an ECS service needs.',
  targets,
  input,
  output,
  needs: {
    service: [
      'ecs:DescribeServices',
      'ecs:DescribeTaskDefinition',
      'ecs:ListTasks',
      'ecs:DescribeTasks',
      'ecs:ListContainerInstances',
      'ecs:DescribeContainerInstances',
      'ecs:DescribeCapacityProviders',
      'cloudwatch:GetMetricData (to say what tasks really use; it goes without)',
      'ec2:DescribeSubnets (to count free addresses; it goes without)',
      'servicequotas:GetServiceQuota (Fargate: to see the quota of vCPU; it goes without)',
    ],
  },
  timeoutMs: 60_000,

  async check(look) {
    const {service} = look.targets;
    const rolling = await service.rolling(look.signal);
    const old = await service.definition(rolling.taskDefinition ?? '', look.signal);
    const {taskDefinition} = look.input;
    const next = taskDefinition ? await service.definition(taskDefinition, look.signal) : old;
    const limits = limitsFor(rolling, look.input.desiredCount);
    const need = needOf(next);
    const use = await service.memoryUse(look.now, look.signal);
    const stuck = deadlock(look, limits, rolling);
    if (stuck) {
      return stuck;
    }
    const pools = await poolsOf(look, rolling, need, needOf(old));
    const drawn = pools.map((pool) => drawnFrom(pool, limits));
    const short = drawn.find((one) => one?.kind === 'short');
    if (short?.kind === 'short') {
      return blocked(
        `A rollout of the ${service.name} has no room: ${short.says}.`,
        sentenceOf([
          ...(short.untilOneStops ? [lowerMinimum(limits)] : []),
          short.remedy,
          ...fewer(look),
        ]),
      );
    }
    const fits = drawn.flatMap((one) => (one?.kind === 'enough' ? [one.fit] : []));
    const found = {...figures(need, use), ...leftIn(pools), mayStart: mayStart(limits)};
    if (isFargate(rolling)) {
      const fit = Math.min(found.mayStart, ...fits);
      const notLookedAt = [...unmeasured(pools), ...mixed(rolling)];
      return done({...found, on: 'FARGATE', fit, waitsForInstances: false, notLookedAt});
    }
    const rules = rulesOf(rolling, next, look.input.interfacesMax);
    const notLookedAt = [...unread(rules, need), ...unmeasured(pools)];
    const all = await service.instances(look.signal);
    const providers = providersOf(rolling);
    const rooms = all.filter(
      ({capacityProvider}) => providers.length === 0 || providers.includes(capacityProvider ?? ''),
    );
    const verdict = judge({look, limits, need, old: needOf(old), rules, rooms, use});
    const placed = {...found, on: 'EC2' as const, fit: Math.min(verdict.fit, ...fits), notLookedAt};
    if (verdict.kind !== 'blocked') {
      return done({...placed, waitsForInstances: false});
    }
    const growing = await service.growing(providers, look.signal);
    return growing.length > 0
      ? done({...placed, waitsForInstances: true})
      : blocked(verdict.reason, verdict.hint);
  },
});

/** What of the account the new tasks draw on. */
async function poolsOf(
  {targets: {service}, now, signal}: GateLook,
  rolling: Service,
  need: Need,
  old: Need,
): Promise<readonly Pool[]> {
  const {subnets = []} = rolling.networkConfiguration?.awsvpcConfiguration ?? {};
  const addresses =
    need.ownInterface && subnets.length > 0
      ? [addressPool(await service.freeAddresses(subnets, signal), need, old)]
      : [];
  const [kind, another] = fargateKinds(rolling);
  return kind && !another
    ? [...addresses, vcpuPool(kind, await service.vcpu(kind, now, signal), need, old)]
    : addresses;
}

const leftIn = (pools: readonly Pool[]): Pick<Room, 'addressesLeft' | 'vcpuLeft'> => {
  const leftOf = (kind: Pool['kind']) => {
    const left = pools.find((pool) => pool.kind === kind)?.left;
    return left?.kind === 'measured' ? left.left : null;
  };
  return {addressesLeft: leftOf('addresses'), vcpuLeft: leftOf('vcpu')};
};

const unmeasured = (pools: readonly Pool[]): string[] =>
  pools.flatMap(({what, left}) => (left.kind === 'measured' ? [] : [`${what} (${left.why})`]));

/** The kinds of Fargate on which the tasks run: none, or not known before one is placed where there is more than one. */
const fargateKinds = (service: Service): readonly FargateKind[] => {
  const providers = providersOf(service).filter(isFargateKind);
  return isFargate(service) ? (providers.length > 0 ? providers : ['FARGATE']) : [];
};

const isFargateKind = (name: string): name is FargateKind =>
  name === 'FARGATE' || name === 'FARGATE_SPOT';

const mixed = (service: Service): string[] =>
  fargateKinds(service).length > 1
    ? ["the account's quotas of vCPU, for its tasks are divided between FARGATE and FARGATE_SPOT"]
    : [];

interface Case {
  readonly look: GateLook;
  readonly limits: Limits;
  readonly need: Need;
  readonly old: Need;
  readonly rules: Rules;
  readonly rooms: readonly InstanceRoom[];
  readonly use: MemoryUse;
}

type Judged =
  | {readonly kind: 'fits'; readonly fit: number}
  | {
      readonly kind: 'blocked';
      readonly fit: number;
      readonly reason: string;
      readonly hint: string;
    };

/** One placement now is enough to begin; but in the end all new tasks must have room where the old ones were. */
function judge(tried: Case): Judged {
  const {look, limits, need, old, rules, rooms} = tried;
  const {name} = look.targets.service;
  const wanted = mayStart(limits);
  const fit = fitting(rooms, need, rules, wanted);
  const inTheEnd = fitting(withoutOld(rooms, old), need, rules, limits.desired);
  const each = `A task of the ${name} needs ${needText(need)}`;
  if (inTheEnd < limits.desired) {
    return {
      kind: 'blocked',
      fit,
      reason: `${each}, and the ${instancesText(rooms)} have room for ${inTheEnd} of ${limits.desired}, also without the old ones: ${nearestText(withoutOld(rooms, old), need, rules)}.`,
      hint: remedies(tried, []),
    };
  }
  if (fit === 0 && mayStop(limits) === 0 && limits.desired > 0) {
    return {
      kind: 'blocked',
      fit,
      reason: `${each}, and none of the ${instancesText(rooms)} has room for one beside the ${limits.running} that run, of which ${limits.lower} must go on running: ${nearestText(rooms, need, rules)}.`,
      hint: remedies(tried, [lowerMinimum(limits)]),
    };
  }
  return {kind: 'fits', fit};
}

function deadlock(look: GateLook, limits: Limits, rolling: Service): Blocked | undefined {
  if (limits.desired === 0 || mayStart(limits) > 0 || mayStop(limits) > 0) {
    return undefined;
  }
  const {minimumHealthyPercent = 100, maximumPercent = 200} = rolling.deploymentConfiguration ?? {};
  return blocked(
    `The ${look.targets.service.name} may run at most ${limits.upper} tasks (maximumPercent ${maximumPercent}) and at least ${limits.lower} (minimumHealthyPercent ${minimumHealthyPercent}) of ${limits.desired}, and runs ${limits.running}: ECS may neither start one nor stop one.`,
    `Raise maximumPercent to ${Math.ceil(((limits.desired + 1) / limits.desired) * 100)} or more, or ${lowerMinimum(limits)}.`,
  );
}

function remedies({look, need, rules, rooms, use}: Case, first: readonly string[]): string {
  const closest = nearest(rooms, need, rules);
  const measured = use.kind === 'measured' ? use.mostPercent : undefined;
  const used = measured === undefined ? undefined : Math.ceil((need.memoryMiB * measured) / 100);
  const lacksMemory = closest !== undefined && closest.room.memoryMiB < need.memoryMiB;
  const all = [
    ...first,
    `add an instance with ${needText(need)} to spare`,
    ...(need.ports.length > 0 ? ['let ECS choose the port of the host (hostPort 0)'] : []),
    ...(lacksMemory && used !== undefined && used < need.memoryMiB
      ? [
          `lower the memory reservation: a task reserves ${need.memoryMiB} MiB and used at most ${used} MiB (${Math.round(measured ?? 0)} %) in the last day`,
        ]
      : []),
    ...fewer(look),
  ];
  const unmeasuredUse =
    lacksMemory && use.kind === 'not-measured'
      ? ` What tasks really use of their memory is not known: ${use.why}.`
      : '';
  return `${sentenceOf(all)}${unmeasuredUse}`;
}

const fewer = ({input: {desiredCount}}: GateLook): readonly string[] =>
  desiredCount === undefined ? [] : ['ask for fewer tasks'];

function sentenceOf(remedies: readonly string[]): string {
  const sentence = remedies.join('; or ');
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`;
}

const lowerMinimum = ({desired}: Limits): string =>
  `lower minimumHealthyPercent to ${Math.floor(((desired - 1) / desired) * 100)} or less, so that one may stop first`;

function limitsFor(rolling: Service, wanted: number | undefined): Limits {
  const {desiredCount = 0, runningCount = 0, deploymentConfiguration: rules} = rolling;
  return limitsOf({
    desired: wanted ?? desiredCount,
    running: runningCount,
    // What ECS takes where nothing is set.
    minimumHealthyPercent: rules?.minimumHealthyPercent ?? 100,
    maximumPercent: rules?.maximumPercent ?? 200,
  });
}

const figures = (
  need: Need,
  use: MemoryUse,
): Pick<Room, 'cpu' | 'memoryMiB' | 'memoryUsedPercent'> => ({
  cpu: need.cpu,
  memoryMiB: need.memoryMiB,
  memoryUsedPercent: use.kind === 'measured' ? Math.round(use.mostPercent) : null,
});

const providersOf = ({capacityProviderStrategy = []}: Service): readonly string[] =>
  capacityProviderStrategy.flatMap(({capacityProvider}) => capacityProvider ?? []);

function isFargate(service: Service): boolean {
  const providers = providersOf(service);
  return providers.length > 0
    ? providers.every((name) => name.startsWith('FARGATE'))
    : service.launchType === 'FARGATE';
}

function rulesOf(
  {placementConstraints: ofService = []}: Service,
  {placementConstraints: ofTask = []}: TaskDefinition,
  interfacesMax: number | undefined,
): Rules {
  return {
    onePerInstance: ofService.some(({type}) => type === 'distinctInstance'),
    expressions: [...ofService, ...ofTask].flatMap(({expression}) => expression ?? []),
    interfacesMax,
  };
}

/** Expressions of a kind that is not read here, and interfaces that nobody counted. */
const unread = ({expressions, interfacesMax}: Rules, {ownInterface}: Need): string[] => [
  ...expressions.filter((one) => meets({attributes: []}, one) === undefined),
  ...(ownInterface && interfacesMax === undefined
    ? ['the network interfaces of the instances']
    : []),
];

function needText({cpu, memoryMiB, ports, ownInterface}: Need): string {
  return [
    `${cpu} CPU units`,
    `${memoryMiB} MiB`,
    ...(ports.length > 0 ? [`port ${ports.join(', ')}`] : []),
    ...(ownInterface ? ['a network interface'] : []),
  ].join(', ');
}

const instancesText = (rooms: readonly InstanceRoom[]): string =>
  `${rooms.length} ${rooms.length === 1 ? 'instance' : 'instances'}`;

function nearestText(rooms: readonly InstanceRoom[], need: Need, rules: Rules): string {
  // An instance that has room for some, but not for all, lacks what one more would take.
  const filled = rooms.map((room) => {
    let full = room;
    while (nearest([full], need, rules)?.lacks.length === 0 && full.tasks < 10_000) {
      full = withOneMore(full, need);
    }
    return full;
  });
  const found = nearest(filled, need, rules);
  return found
    ? `the nearest, ${found.room.id}, ${found.lacks.join(' and ')}`
    : 'the cluster has none that is registered';
}
