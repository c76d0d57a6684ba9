import {defineRunbook} from 'switcharoo';
import {ecrRegistry, findImage} from 'switcharoo/ecr';
import {
  readyToDeploy,
  registerRevision,
  restoreScaling,
  rolloutCapacity,
  runRevision,
  suspendScaling,
} from 'switcharoo/ecs';
import {checkout, fetchFiles, imageBuilder, pushImage, readyToBuild} from 'switcharoo/image';
import {s3Bucket} from 'switcharoo/s3';
import {settingsReadable, settingsStore} from 'switcharoo/settings';
import {z} from 'zod';

const params = z.object({
  /** What runs where: each service with its containers, and the image of each. `switcharoo deploy` fills it in. */
  deploy: z
    .array(
      z.object({
        /** The service's target in the inventory. */
        service: z.string(),
        images: z
          .array(z.object({container: z.string(), repository: z.string(), tag: z.string()}))
          .min(1),
        /** Left alone when absent. */
        tasks: z.coerce.number().int().positive().optional(),
      }),
    )
    .min(1),
  /** How many services, and how many images, may be at work at the same time. */
  atOnce: z.coerce.number().int().positive().default(5),
  /** The sources of each repository's images. Images of other repositories are pushed by somebody else. */
  builds: z
    .record(
      z.string(),
      z.object({
        /** The repository of git. */
        git: z.string(),
        containerfile: z.string().default('Dockerfile'),
        context: z.string().default('.'),
        buildArgs: z.record(z.string(), z.string()).default({}),
        /**
         * The prefix in the bucket `files`: configuration and certificates, fetched into this folder of the sources.
         */
        files: z.object({prefix: z.string(), into: z.string().default('config')}).optional(),
      }),
    )
    .default({}),
  /** Objects of the bucket `settings`, by service and container: merged into the environment. */
  settings: z.record(z.string(), z.record(z.string(), z.string())).default({}),
  steadyMs: z.coerce.number().int().default(15_000),
});
type Params = z.output<typeof params>;

/** Every image once, however many services run it. */
function imagesOf({deploy, builds}: Params) {
  const all = deploy.flatMap(({images}) => images);
  const byName = new Map(
    all.map(({repository, tag}) => [`${repository}:${tag}`, {repository, tag}]),
  );
  return [...byName].map(([name, {repository, tag}]) => ({
    name,
    repository,
    tag,
    into: `${repository.replaceAll('/', '-')}@${tag}`,
    build: builds[repository],
  }));
}

const builtOf = (known: Params) =>
  imagesOf(known).flatMap(({build, ...image}) => (build ? [{...image, build}] : []));
const filesOf = (known: Params) =>
  builtOf(known).flatMap(({build: {files}, ...image}) => (files ? [{...image, files}] : []));
const servicesOf = ({deploy, settings, steadyMs}: Params) =>
  deploy.map((deployment) => ({
    ...deployment,
    name: deployment.service,
    steadyMs,
    settings: settings[deployment.service] ?? {},
  }));

/** A group of entries, of which at most `atOnce` are at work. */
const each = <Thing extends {readonly name: string}>(
  title: string,
  of: (known: Params) => readonly Thing[],
) => ({
  title,
  of,
  name: ({name}: Thing) => name,
  atOnce: (known: Params) => known.atOnce,
});

export default defineRunbook({
  name: 'deploy-service',
  summary: 'Build images, and deploy them to ECS services.',
  params,
  targets: {
    builder: imageBuilder,
    files: s3Bucket,
    registry: ecrRegistry,
    settings: settingsStore,
  },
})
  .phase('Check')
  .each(
    'ready',
    each('Can it roll out?', servicesOf),
    readyToDeploy,
    ({service, images, tasks}) => ({
      on: {service},
      input: () => ({
        containers: images.map(({container}) => container),
        ...(tasks === undefined ? {} : {desiredCount: tasks}),
      }),
    }),
  )
  .each(
    'capacity',
    each('Is there capacity?', servicesOf),
    rolloutCapacity,
    ({service, tasks}) => ({
      on: {service},
      input: () => (tasks === undefined ? {} : {desiredCount: tasks}),
    }),
  )
  .each(
    'settings',
    each('Can the settings be read?', servicesOf),
    settingsReadable,
    ({settings}) => ({
      on: {settings: 'settings'},
      input: () => ({keys: Object.values(settings)}),
    }),
  )
  .each('image', each('Which images exist?', imagesOf), findImage, ({repository, tag, build}) => ({
    on: {registry: 'registry'},
    input: () => ({repository, tag, mayBeMissing: build !== undefined}),
  }))
  .each('builder', each('Can they be built?', builtOf), readyToBuild, ({name}) => ({
    on: {builder: 'builder'},
    input: ({outputs}) => ({needed: outputs.image(name).digest === null}),
  }))

  .phase('Build')
  .each('checkout', each('Check out', builtOf), checkout, ({name, tag, into, build}) => ({
    on: {builder: 'builder'},
    input: ({outputs}) => ({
      url: build.git,
      ref: tag,
      into,
      needed: outputs.image(name).digest === null,
    }),
  }))
  .each('files', each('Fetch configuration', filesOf), fetchFiles, ({name, into, files}) => ({
    on: {bucket: 'files', builder: 'builder'},
    input: ({outputs}) => ({
      prefix: files.prefix,
      into: `${into}/${files.into}`,
      needed: outputs.image(name).digest === null,
    }),
    after: ['checkout'],
  }))
  .each(
    'push',
    each('Build and push', builtOf),
    pushImage,
    ({name, repository, tag, into, build}) => ({
      on: {builder: 'builder', registry: 'registry'},
      input: ({outputs}) => ({
        repository,
        tag,
        into,
        commit: outputs.checkout(name).commit,
        containerfile: build.containerfile,
        context: build.context,
        buildArgs: build.buildArgs,
      }),
      after: ['files'],
    }),
  )
  .checkpoint('built')

  .phase('Deploy')
  .each(
    'register',
    each('Register', servicesOf),
    registerRevision,
    ({service, images, settings}) => ({
      on: {service, settings: 'settings'},
      input: ({params: {builds}, outputs}) => ({
        containers: images.map(({container, repository, tag}) => ({
          container,
          image:
            (builds[repository] ? outputs.push : outputs.image)(`${repository}:${tag}`).image ?? '',
          ...(settings[container] === undefined ? {} : {settings: settings[container]}),
        })),
      }),
    }),
  )
  .each(
    'suspend-scaling',
    each('Suspend automatic scaling', servicesOf),
    suspendScaling,
    ({service}) => ({
      on: {service},
      input: () => ({}),
    }),
  )
  .each('run', each('Roll out', servicesOf), runRevision, ({service, tasks, steadyMs}) => ({
    on: {service},
    input: ({outputs}) => ({
      ...outputs.register(service),
      ...(tasks === undefined ? {} : {desiredCount: tasks}),
      steadyMs,
    }),
  }))
  .each(
    'restore-scaling',
    each('Restore automatic scaling', servicesOf),
    restoreScaling,
    ({service}) => ({
      on: {service},
      input: ({outputs}) => outputs['suspend-scaling'](service),
      after: ['run'],
    }),
  )
  .checkpoint('deployed');
