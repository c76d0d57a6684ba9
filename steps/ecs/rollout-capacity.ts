import type {Service, TaskDefinition} from '@aws-sdk/client-ecs';
import {z} from 'zod';
import {
  type Blocked,
  blocked,
  defineGate,
  done,
  type Look,
  NotTold,
  type Verdict,
} from '../../src/index.ts';
import {
  type Limits,
  mayStart,
  mayStop,
  meets,
  type Need,
  needOf,
  type Rules,
} from './capacity/instances.ts';
import {judgePlacement} from './capacity/placement.ts';
import {addressPool, capacityIn, type Pool, vcpuPool} from './capacity/pools.ts';
import {askForFewer, hintOf, lowerMinimum, raiseMaximum} from './capacity/remedies.ts';
import {
  fargateKinds,
  isFargate,
  limitsFor,
  percentsOf,
  providersOf,
  rulesOf,
} from './capacity/service.ts';
import {foreignCapacity, resourcesOf} from './capacity/unjudged.ts';
import type {MemoryUse} from './contract.ts';
import {ecsService} from './target.ts';

const targets = {service: ecsService};

const input = z.object({
  /** The desired count after the rollout; without it, the current one. */
  desiredCount: z.coerce.number().int().nonnegative().optional(),
  /** The revision to run, as `family:revision`; without it, a new one that needs as much as the current one. */
  taskDefinition: z.string().optional(),
  /** How many tasks with a network interface of their own an instance takes: ECS does not show it. */
  interfacesMax: z.coerce.number().int().positive().optional(),
});

const output = z.object({
  /** `EC2`; `FARGATE`, which has no instances; or `OTHER`, of which ECS shows too little to judge. */
  on: z.enum(['EC2', 'FARGATE', 'OTHER']),
  /** New tasks that may run beside the old ones, and how many fit now; `null` where instances may not be seen. */
  mayStart: z.number(),
  fit: z.number().nullable(),
  /** None fits now, and a capacity provider adds instances. */
  waitsForInstances: z.boolean(),
  cpu: z.number(),
  memoryMiB: z.number(),
  /** The most that a task used of its memory reservation in the last day, in percent. */
  memoryUsedPercent: z.number().nullable(),
  /** Free addresses of the subnets, where a task takes one; free vCPU of the account's Fargate quota. */
  addressesLeft: z.number().nullable(),
  vcpuLeft: z.number().nullable(),
  /** What also decides, and was not checked. */
  notChecked: z.array(z.string()),
});

type GateLook = Look<typeof targets, z.output<typeof input>>;
type Output = z.output<typeof output>;

/** Whether a rollout can begin and end: by its own limits, and by the capacity of the instances and the account. */
export const rolloutCapacity = defineGate({
  name: 'ecs.rollout-capacity',
  summary:
    'Check that the cluster and the account have the capacity for a rollout of an ECS service.',
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
      'cloudwatch:GetMetricData (optional: what tasks really use)',
      'ec2:DescribeSubnets (optional: free addresses)',
      'servicequotas:GetServiceQuota (optional, Fargate: the quota of vCPU)',
      'servicequotas:GetAWSDefaultServiceQuota (optional, Fargate: a quota that was never raised)',
    ],
  },
  timeoutMs: 60_000,

  async check(look) {
    const {service} = look.targets;
    const state = await service.deployedService(look.signal);
    if (state.taskDefinition === undefined && look.input.taskDefinition === undefined) {
      return blocked(
        `The ${service.name} has no task definition: it is deployed by ${state.deploymentController?.type ?? 'ECS'}, so the service does not show what it runs.`,
        'Use the tool that manages its task sets, or remove this gate from the runbook.',
      );
    }
    const rollout = await rolloutOf(look, state);
    const {limits, deployed, need, use} = rollout;
    const obstacle = deadlock(look, rollout);
    if (obstacle) {
      return obstacle;
    }
    const pools = await poolsOf(look, rollout);
    const inPools = pools.map((pool) => capacityIn(pool, limits));
    const short = inPools.find((capacity) => capacity?.kind === 'short');
    if (short?.kind === 'short') {
      const remedies = [...(short.untilOneStops ? [lowerMinimum(limits)] : []), short.remedy];
      return blocked(
        `The capacity for a rollout of the ${look.targets.service.name} is too small: ${short.sentence}.`,
        hintOf([...remedies, ...(asksForCount(look) ? [askForFewer] : [])]),
      );
    }
    const figures = {
      cpu: need.cpu,
      memoryMiB: need.memoryMiB,
      memoryUsedPercent: use.kind === 'measured' ? Math.round(use.mostPercent) : null,
      ...freeIn(pools),
      mayStart: mayStart(limits),
      fit: Math.min(
        mayStart(limits),
        ...inPools.flatMap((capacity) => (capacity?.kind === 'enough' ? [capacity.fit] : [])),
      ),
      notChecked: unmeasured(pools),
    };
    if (!isFargate(deployed)) {
      return onInstances(look, rollout, figures);
    }
    const notChecked = [...figures.notChecked, ...mixedKinds(deployed)];
    return done({...figures, on: 'FARGATE', waitsForInstances: false, notChecked});
  },
});

interface Rollout {
  readonly deployed: Service;
  readonly next: TaskDefinition;
  readonly limits: Limits;
  readonly need: Need;
  readonly old: Need;
  readonly use: MemoryUse;
}

async function rolloutOf(look: GateLook, deployed: Service): Promise<Rollout> {
  const {service} = look.targets;
  const {taskDefinition, desiredCount} = look.input;
  const reference = deployed.taskDefinition ?? taskDefinition ?? '';
  const current = await service.definition(reference, look.signal);
  const next = taskDefinition ? await service.definition(taskDefinition, look.signal) : current;
  return {
    deployed,
    next,
    limits: limitsFor(deployed, desiredCount),
    need: needOf(next),
    old: needOf(current),
    use: await service.memoryUse(look.now, look.signal),
  };
}

/** What the new tasks take of the account. */
async function poolsOf(
  {targets: {service}, now, signal}: GateLook,
  {deployed, need, old}: Rollout,
): Promise<readonly Pool[]> {
  const {subnets = []} = deployed.networkConfiguration?.awsvpcConfiguration ?? {};
  const addresses =
    need.ownInterface && subnets.length > 0
      ? [addressPool(await service.freeAddresses(subnets, signal), need, old)]
      : [];
  const [kind, another] = fargateKinds(deployed);
  return kind && !another
    ? [...addresses, vcpuPool(kind, await service.freeVcpu(kind, now, signal), need, old)]
    : addresses;
}

/** `figures.fit` is what the account has capacity for. */
async function onInstances(
  look: GateLook,
  {deployed, next, limits, need, old, use}: Rollout,
  figures: Omit<Output, 'on' | 'waitsForInstances' | 'fit'> & {readonly fit: number},
): Promise<Verdict<never, Output>> {
  const {service} = look.targets;
  const rules = rulesOf(deployed, next, look.input.interfacesMax);
  const providers = providersOf(deployed);
  const described = await service.providers(providers, look.signal).catch(whyNotTold);
  const foreign = foreignCapacity(deployed, described);
  if (foreign.length > 0) {
    const notChecked = [...foreign, ...figures.notChecked];
    const remark = `The capacity for new tasks was not checked: only AWS knows it for ${foreign.join(', ')}.`;
    return done({...figures, on: 'OTHER', fit: null, waitsForInstances: false, notChecked}, remark);
  }
  const all = await service.instances(look.signal).catch(whyNotTold);
  if (typeof all === 'string') {
    const notChecked = [`the instances of the cluster (${all})`, ...figures.notChecked];
    const remark = `Whether the instances have the capacity for new tasks was not checked: ${all}.`;
    return done({...figures, on: 'EC2', fit: null, waitsForInstances: false, notChecked}, remark);
  }
  const instances = all.filter(
    ({capacityProvider}) => providers.length === 0 || providers.includes(capacityProvider ?? ''),
  );
  const placement = judgePlacement({
    service: service.name,
    limits,
    need,
    old,
    rules,
    instances,
    use,
    asksForCount: asksForCount(look),
  });
  const output = {
    ...figures,
    on: 'EC2' as const,
    fit: Math.min(placement.fit, figures.fit),
    notChecked: [...unread(rules, need), ...resourcesOf(next), ...figures.notChecked],
  };
  if (placement.kind !== 'blocked') {
    return done({...output, waitsForInstances: false});
  }
  if (typeof described === 'string') {
    const unknown = `Whether a capacity provider adds instances was not checked: ${described}.`;
    return blocked(`${placement.reason} ${unknown}`, placement.hint);
  }
  return described.some(({grows}) => grows)
    ? done({...output, waitsForInstances: true})
    : blocked(placement.reason, placement.hint);
}

/** Why the account may not read something; every other error is one. */
function whyNotTold(error: unknown): string {
  if (error instanceof NotTold) {
    return error.problem.message.replace(/\.$/, '');
  }
  throw error;
}

function deadlock(look: GateLook, {limits, deployed}: Rollout): Blocked | undefined {
  if (limits.desired === 0 || mayStart(limits) > 0 || mayStop(limits) > 0) {
    return undefined;
  }
  const {minimumHealthyPercent, maximumPercent} = percentsOf(deployed);
  return blocked(
    `The ${look.targets.service.name} may run at most ${limits.upper} tasks (maximumPercent ${maximumPercent}) and at least ${limits.lower} (minimumHealthyPercent ${minimumHealthyPercent}) of ${limits.desired}, and runs ${limits.running}: ECS may neither start one nor stop one.`,
    hintOf([raiseMaximum(limits), lowerMinimum(limits)]),
  );
}

const asksForCount = ({input: {desiredCount}}: GateLook): boolean => desiredCount !== undefined;

function freeIn(pools: readonly Pool[]): Pick<Output, 'addressesLeft' | 'vcpuLeft'> {
  const freeOf = (kind: Pool['kind']) => {
    const quantity = pools.find((pool) => pool.kind === kind)?.quantity;
    return quantity?.kind === 'measured' ? quantity.free : null;
  };
  return {addressesLeft: freeOf('addresses'), vcpuLeft: freeOf('vcpu')};
}

const unmeasured = (pools: readonly Pool[]): string[] =>
  pools.flatMap(({what, quantity}) =>
    quantity.kind === 'measured' ? [] : [`${what} (${quantity.why})`],
  );

const mixedKinds = (service: Service): string[] =>
  fargateKinds(service).length > 1
    ? ["the account's quotas of vCPU: its tasks are divided between FARGATE and FARGATE_SPOT"]
    : [];

/** Expressions of an unsupported kind, and network interfaces where the input gives no limit. */
const unread = ({expressions, interfacesMax}: Rules, {ownInterface}: Need): string[] => [
  ...expressions.filter((expression) => meets({attributes: []}, expression) === undefined),
  ...(ownInterface && interfacesMax === undefined
    ? ['the network interfaces of the instances']
    : []),
];
