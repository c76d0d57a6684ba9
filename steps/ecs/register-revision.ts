import {z} from 'zod';
import {
  type Action,
  type Blocked,
  blocked,
  defineStep,
  done,
  type Look,
  pending,
  SwitcharooError,
  waiting,
} from '../../src/index.ts';
import {settingsStore} from '../settings/target.ts';
import {
  containerDifferences,
  type WantedContainer,
  withContainers,
  withoutValues,
} from './revision/containers.ts';
import {
  containerOf,
  type Definition,
  digestOf,
  revisionNumber,
} from './revision/task-definition.ts';
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
 * What was there when it began: what the service ran, and the newest revision. Nothing of the settings stands in it, nor a
 * digest of them, from which a short secret could be guessed.
 */
const before = z.object({base: z.string(), newest: z.number()});
type Before = z.output<typeof before>;

type RegisterLook = Look<typeof targets, z.output<typeof input>>;

/** Registers what a service is to run next: its task definition with other images and settings. */
export const registerRevision = defineStep({
  name: 'ecs.register-revision',
  summary:
    'Register the task definition of a service with images pinned by digest, and with settings and secrets.',
  targets,
  input,
  before,
  /** `base` is what it was made from: what the service ran. */
  output: z.object({taskDefinition: z.string(), base: z.string()}),
  reverses: 'Deregisters the revision, once the service does not run it any more.',
  needs: {
    service: [
      'ecs:DescribeServices',
      'ecs:DescribeTaskDefinition',
      'ecs:ListTaskDefinitions',
      'ecs:RegisterTaskDefinition',
      'ecs:DeregisterTaskDefinition',
      'ecs:TagResource',
      'iam:PassRole (the task role and the execution role)',
    ],
    settings: ['s3:GetObject', 'ssm:DescribeParameters', 'secretsmanager:DescribeSecret'],
  },
  timeoutMs: 2 * 60_000,

  async check(look) {
    const {service} = look.targets;
    const known = before.safeParse(look.run.before);
    if (known.success) {
      return sinceBegun(look, known.data);
    }
    const base = await runningIn(look);
    if (base === undefined) {
      return waiting(`${service.name} has no deployment yet`);
    }
    const definition = await service.taskDefinition(base, look.signal);
    const obstacle = strangerIn(look, base, definition);
    if (obstacle) {
      return obstacle;
    }
    const containers = await wantedContainers(look);
    const wanted = withContainers(definition, containers);
    const revision =
      digestOf(wanted) === digestOf(definition)
        ? base
        : await service.revisionOf(wanted, look.signal);
    return revision === undefined
      ? pending(
          {base, newest: await service.newestRevision(definition.family, look.signal)},
          ...containerDifferences(definition, containers),
        )
      : done({taskDefinition: revision, base});
  },

  async plan(look, known) {
    const {service} = look.targets;
    if ((await registeredAs(look, known)) !== undefined) {
      return [];
    }
    const definition = await service.taskDefinition(known.base, look.signal);
    const containers = await wantedContainers(look);
    return [registering(withContainers(definition, containers), containers)];
  },

  async reverse(look, known) {
    const {service} = look.targets;
    const revision = await registeredAs(look, known);
    if (revision !== undefined && revision === (await runningIn(look))) {
      return blocked(
        `The ${service.name} still runs ${shortName(revision)}.`,
        'Set it back to what ran before first, then go back again.',
      );
    }
    return revision === undefined || revision === known.base ? [] : [deregistering(revision)];
  },
});

/** The settings are not read any more: they may have changed since, and what was registered with them has not. */
async function sinceBegun(look: RegisterLook, known: Before) {
  const {service} = look.targets;
  const revision = await registeredAs(look, known);
  if (revision !== undefined) {
    return done({taskDefinition: revision, base: known.base});
  }
  const definition = await service.taskDefinition(known.base, look.signal);
  const images = look.input.containers.map((one) => ({...one, ...nothing}));
  return pending(known, ...containerDifferences(definition, images), {
    what: `task definition of family ${definition.family}`,
    is: 'not registered',
    shouldBe: 'registered',
  });
}

/** It came after those that were there, and is what it was made from, but for images and settings. */
async function registeredAs(
  {targets: {service}, input: {containers}, signal}: RegisterLook,
  {base, newest}: Before,
): Promise<string | undefined> {
  const definition = await service.taskDefinition(base, signal);
  const images = containers.map((one) => ({...one, ...nothing}));
  const bare = (one: Definition): string =>
    digestOf(withoutSettings(one, new Set(containers.map(({container}) => container))));
  const wanted = bare(withContainers(definition, images));
  return service.revisionWhere(
    definition.family,
    (one, arn) => revisionNumber(arn) > newest && bare(one) === wanted,
    signal,
  );
}

const withoutSettings = (definition: Definition, of: ReadonlySet<string>): Definition => ({
  ...definition,
  containerDefinitions: definition.containerDefinitions?.map((container) =>
    of.has(container.name ?? '') ? {...container, environment: [], secrets: []} : container,
  ),
});

const runningIn = async ({targets: {service}, signal}: RegisterLook): Promise<string | undefined> =>
  primaryOf((await service.snapshot(signal)).service)?.taskDefinition;

function strangerIn(
  {input: {containers}, targets: {service}}: RegisterLook,
  base: string,
  definition: Definition,
): Blocked | undefined {
  const names = definition.containerDefinitions?.map(({name}) => name) ?? [];
  const stranger = containers.find(({container}) => !containerOf(definition, container));
  return stranger
    ? blocked(
        `Task definition ${shortName(base)} of the ${service.name} has no container ${stranger.container}; it has ${names.length}: ${names.join(', ')}.`,
        'Correct the name of the container.',
      )
    : undefined;
}

const wantedContainers = ({
  input: {containers},
  targets: {settings: store},
  signal,
}: RegisterLook): Promise<readonly WantedContainer[]> =>
  Promise.all(
    containers.map(async ({container, image, settings: key}) => {
      const settings = key === undefined ? nothing : await store.settings(key, signal);
      return {container, image, ...settings};
    }),
  );

const nothing = {environment: {}, secrets: {}};

const registering = (
  definition: Definition,
  containers: readonly WantedContainer[],
): Action<typeof targets> => ({
  on: 'service',
  does: `register a task definition of family ${definition.family}: ${containers.map(wordsOf).join('; ')}`,
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
  containers: readonly WantedContainer[],
): SwitcharooError {
  return new SwitcharooError({...problem, message: withoutValues(problem.message, containers)});
}

function wordsOf({container, image, environment, secrets}: WantedContainer): string {
  const [plain, referring] = [Object.keys(environment).sort(), Object.keys(secrets).sort()];
  return [
    `${container} runs ${image}`,
    ...(plain.length > 0 ? [`environment ${plain.join(', ')}`] : []),
    ...(referring.length > 0 ? [`secrets ${referring.join(', ')}`] : []),
  ].join(', ');
}

const deregistering = (revision: string): Action<typeof targets> => ({
  on: 'service',
  does: `deregister ${shortName(revision)}`,
  perform: (service, signal) => service.deregister(revision, signal),
});
