import {z} from 'zod';

const service = z.object({
  /** A target. */
  service: z.string(),
  /** The image of the site, unless it has its own. */
  image: z.string().optional(),
  tasks: z.coerce.number().int().positive(),
  /** Further variables, besides the address of the database. */
  environment: z.record(z.string(), z.string()).default({}),
  /** Needed where its task definition has more than one container that could be meant. */
  container: z.string().optional(),
});

/** What runs beside the site on the new side. Nothing that works without a visitor runs before writes are open. */
export const params = z.object({
  /** ECS services that answer visitors too, such as one for websockets: deployed right after the site. */
  moreServices: z.array(service).default([]),
  /** ECS services with a desired count of 0, such as those that work on queues. */
  workers: z.array(service).default([]),
  /** Schedules of EventBridge Scheduler that wait disabled. The target is `scheduler`. */
  schedules: z
    .array(z.object({group: z.string().default('default'), names: z.array(z.string()).min(1)}))
    .default([]),
});
type Background = z.output<typeof params>;
type Worker = Background['workers'][number];

/** A group with an entry for each further service. */
export const servicesGroup = (title: string) => ({
  title,
  of: ({moreServices}: Background) => moreServices,
  name: ({service}: Worker) => service,
});

/** A group with an entry for each worker. */
export const group = (title: string) => ({
  title,
  of: ({workers}: Background) => workers,
  name: ({service}: Worker) => service,
});

export const ofWorker = ({service}: Worker) => ({on: {service}, input: () => ({})});

/** A group with an entry for each group of schedules. */
export const schedules = {
  title: 'Enable schedules',
  of: ({schedules: all}: Background) => all,
  name: ({group}: Background['schedules'][number]) => group,
};

interface Site {
  readonly image: string;
  readonly auroraHost: string;
  readonly auroraPort: number;
  readonly steadyMs: number;
}

/** Its image and its own environment, for `ecs.deploy-image`. */
const deploymentOf = (
  {image: own, environment, container}: Worker,
  {image, auroraHost, auroraPort, steadyMs}: Site,
  desiredCount: number,
) => ({
  image: own ?? image,
  environment: {
    DATABASE_HOST: auroraHost,
    DATABASE_PORT: String(auroraPort),
    ...environment,
  },
  ...(container === undefined ? {} : {container}),
  desiredCount,
  steadyMs,
});

export const startOf = ({service, tasks}: Worker) => ({
  on: {service},
  input: ({params: {steadyMs}}: Given<'steadyMs'>) => ({
    desiredCount: tasks,
    steadyMs,
  }),
  requires: ['deploy-worker', 'open-writes', 'smoke', 'smoke-sql'] as const,
});

export const enableOf = (named: Background['schedules'][number]) => ({
  on: {scheduler: 'scheduler'} as const,
  input: () => named,
  requires: ['open-writes', 'smoke', 'smoke-sql'] as const,
});

type Given<Field extends keyof Site> = {readonly params: Pick<Site, Field>};

export const imageOf = ({service, image}: Worker) => ({
  on: {service},
  input: ({params}: Given<'image'>) => ({image: image ?? params.image}),
});

export const parkOf = (worker: Worker) => ({
  on: {service: worker.service},
  // No task of it runs yet.
  input: ({params}: Given<keyof Site>) => deploymentOf(worker, params, 0),
  after: ['suspend-worker-scaling'] as const,
});

export const deployOf = (more: Worker) => ({
  on: {service: more.service},
  input: ({params}: Given<keyof Site>) => deploymentOf(more, params, more.tasks),
  requires: ['open-writes'] as const,
});
