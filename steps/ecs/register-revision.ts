import {z} from 'zod';
import {
  type Action,
  blocked,
  type Difference,
  defineStep,
  done,
  type Look,
  pending,
  SwitcharooError,
  waiting,
} from '../../src/index.ts';
import {settingsStore} from '../settings/index.ts';
import {
  type ContainerChange,
  containerDifferences,
  containerMissing,
  withContainers,
  withoutValues,
} from './revision/containers.ts';
import {withUnknown} from './revision/differences.ts';
import {type Definition, digestOf, revisionNumber} from './revision/task-definition.ts';
import {unsupported} from './rollout/obstacles.ts';
import {primaryOf, shortName} from './rollout/state.ts';
import {ecsService} from './target.ts';

const targets = {service: ecsService, settings: settingsStore};

const input = z.object({
  containers: z
    .array(
      z.object({
        container: z.string(),
        /** Pinned: `repository@sha256:…`. */
        image: z.string().regex(/@sha256:[0-9a-f]{64}$/, 'is pinned by its digest'),
        /** An object of the settings' bucket, merged into the environment of the container. */
        settings: z.string().optional(),
      }),
    )
    .min(1),
});

/**
 * What the service ran, and the newest revision of its family. It holds nothing of the settings, not even their digest:
 * a short secret could be guessed from one.
 */
const before = z.object({base: z.string(), newest: z.number()});
type Before = z.output<typeof before>;

type RegisterLook = Look<typeof targets, z.output<typeof input>>;

/** Registers the next revision for a service: its task definition with other images and settings. */
export const registerRevision = defineStep({
  name: 'ecs.register-revision',
  summary:
    'Register a task definition of a service with images pinned by digest, and with settings and secrets.',
  targets,
  input,
  before,
  /** `base` is the revision that it was made from: the service ran it. */
  output: z.object({taskDefinition: z.string(), base: z.string()}),
  reverses: 'Deregisters the revision, which the service must no longer run.',
  needs: {
    service: [
      'ecs:DescribeServices',
      'ecs:DescribeTaskDefinition',
      'ecs:DescribeServiceDeployments',
      'ecs:ListTaskDefinitions',
      'ecs:RegisterTaskDefinition',
      'ecs:DeregisterTaskDefinition',
      'ecs:TagResource',
      'iam:PassRole (the task role and the execution role)',
    ],
    settings: ['s3:GetObject', 'ssm:DescribeParameters', 'secretsmanager:DescribeSecret'],
  },
  effects: [],
  timeoutMs: 2 * 60_000,

  async check(look) {
    const {service} = look.targets;
    const image = before.safeParse(look.run.before);
    if (image.success) {
      return afterStart(look, image.data);
    }
    const {service: state} = await service.snapshot(look.signal);
    const base = primaryOf(state)?.taskDefinition;
    const unusable = unsupported(service.name, state);
    if (unusable || base === undefined) {
      return unusable ?? waiting(`${service.name} has no deployment yet`);
    }
    const definition = await service.taskDefinition(base, look.signal);
    const names = look.input.containers.map(({container}) => container);
    const obstacle = containerMissing(service.name, base, definition, names);
    if (obstacle) {
      return obstacle;
    }
    const containers = await containerChanges(look);
    const changed = withContainers(definition, containers);
    const revision =
      digestOf(changed) === digestOf(definition)
        ? await service.deployable(base, look.signal)
        : await service.revisionOf(changed, look.signal);
    return revision === undefined
      ? pending(
          {base, newest: await service.newestRevision(definition.family, look.signal)},
          ...(await withUnknown(look, base, changesOf(definition, containers))),
        )
      : done({taskDefinition: revision, base});
  },

  async plan(look, before) {
    const {service} = look.targets;
    if ((await registeredRevision(look, before)) !== undefined) {
      return [];
    }
    const definition = await service.taskDefinition(before.base, look.signal);
    const containers = await containerChanges(look);
    return [registering(withContainers(definition, containers), containers)];
  },

  async reverse(look, before) {
    const {service} = look.targets;
    const revision = await registeredRevision(look, before);
    if (revision !== undefined && revision === (await runningIn(look))) {
      return blocked(
        `The ${service.name} still runs ${shortName(revision)}.`,
        `Update the service to ${shortName(before.base)} first, then reverse again.`,
      );
    }
    return revision === undefined || revision === before.base ? [] : [deregistering(revision)];
  },
});

/** A revision that was deregistered is registered again, also where nothing in it changes. */
function changesOf(
  definition: Definition,
  containers: readonly ContainerChange[],
): readonly Difference[] {
  const differences = containerDifferences(definition, containers);
  const deregistered = {
    what: `task definition of family ${definition.family}`,
    is: 'deregistered',
    shouldBe: 'registered',
  };
  return differences.length > 0 ? differences : [deregistered];
}

/** Reads no settings: they may have changed since, and the revision that was registered with them has not. */
async function afterStart(look: RegisterLook, image: Before) {
  const {service} = look.targets;
  const revision = await registeredRevision(look, image);
  if (revision !== undefined) {
    return done({taskDefinition: revision, base: image.base});
  }
  const definition = await service.taskDefinition(image.base, look.signal);
  const images = look.input.containers.map((container) => ({...container, ...noSettings}));
  return pending(image, ...containerDifferences(definition, images), {
    what: `task definition of family ${definition.family}`,
    is: 'not registered',
    shouldBe: 'registered',
  });
}

/**
 * The revision that this run registered: a newer one than before, and equal to its base but for images and settings.
 */
async function registeredRevision(
  {targets: {service}, input: {containers}, signal}: RegisterLook,
  {base, newest}: Before,
): Promise<string | undefined> {
  const definition = await service.taskDefinition(base, signal);
  const images = containers.map((container) => ({...container, ...noSettings}));
  const names = new Set(containers.map(({container}) => container));
  const digest = digestOf(withoutSettings(withContainers(definition, images), names));
  return service.revisionWhere(
    definition.family,
    (revision, arn) =>
      revisionNumber(arn) > newest && digestOf(withoutSettings(revision, names)) === digest,
    signal,
  );
}

const withoutSettings = (definition: Definition, names: ReadonlySet<string>): Definition => ({
  ...definition,
  containerDefinitions: definition.containerDefinitions?.map((container) =>
    names.has(container.name ?? '') ? {...container, environment: [], secrets: []} : container,
  ),
});

const runningIn = async ({targets: {service}, signal}: RegisterLook): Promise<string | undefined> =>
  primaryOf((await service.snapshot(signal)).service)?.taskDefinition;

const containerChanges = ({
  input: {containers},
  targets: {settings: store},
  signal,
}: RegisterLook): Promise<readonly ContainerChange[]> =>
  Promise.all(
    containers.map(async ({container, image, settings: key}) => {
      const settings = key === undefined ? noSettings : await store.settings(key, signal);
      return {container, image, ...settings};
    }),
  );

const noSettings = {environment: {}, secrets: {}};

const registering = (
  definition: Definition,
  containers: readonly ContainerChange[],
): Action<typeof targets> => ({
  on: 'service',
  does: `register a task definition of family ${definition.family}: ${containers.map(changeText).join('; ')}`,
  perform: async (service, signal) => {
    try {
      await service.register(definition, signal);
    } catch (error) {
      throw error instanceof SwitcharooError ? withoutSecrets(error, containers) : error;
    }
  },
});

function withoutSecrets(
  {problem}: SwitcharooError,
  containers: readonly ContainerChange[],
): SwitcharooError {
  return new SwitcharooError({...problem, message: withoutValues(problem.message, containers)});
}

function changeText({container, image, environment, secrets}: ContainerChange): string {
  const [plain, references] = [Object.keys(environment).sort(), Object.keys(secrets).sort()];
  return [
    `${container} runs ${image}`,
    ...(plain.length > 0 ? [`environment ${plain.join(', ')}`] : []),
    ...(references.length > 0 ? [`secrets ${references.join(', ')}`] : []),
  ].join(', ');
}

const deregistering = (revision: string): Action<typeof targets> => ({
  on: 'service',
  does: `deregister ${shortName(revision)}`,
  perform: (service, signal) => service.deregister(revision, signal),
});
