import {fileURLToPath} from 'node:url';
import {type Problem, SwitcharooError} from '../../model/problem.ts';
import type {ExitCode} from '../../run/exit-codes.ts';
import type {RunRequest} from '../../run/open-run.ts';
import {packageRoot} from '../../version.ts';
import type {App} from '../app.ts';
import type {ImageArgument} from '../image-argument.ts';
import {startRun} from './run.ts';

interface Deployment {
  readonly services: readonly string[];
  readonly images: readonly ImageArgument[];
  /** Maximum number of services deployed at the same time. */
  readonly atOnce: number | undefined;
  /** The desired count; without it, it stays. */
  readonly tasks: number | undefined;
}

type DeployRequest = Omit<RunRequest, 'runbook'> & {
  /** Instead of the one that comes with switcharoo. */
  readonly runbook: string | undefined;
};

/** Deploys images to services of an inventory: a run of the runbook for it, like any other. */
export function deploy(
  app: App,
  {services, images, atOnce, tasks}: Deployment,
  request: DeployRequest,
): Promise<ExitCode> {
  const deployments = deploymentsOf(services, images).map((deployment) => ({
    ...deployment,
    ...(tasks === undefined ? {} : {tasks}),
  }));
  const {
    runbook = fileURLToPath(new URL('runbooks/deploy-service.ts', packageRoot)),
    params,
    ...options
  } = request;
  return startRun(app, {
    ...options,
    runbook,
    params: {...params, deploy: deployments, ...(atOnce === undefined ? {} : {atOnce})},
  });
}

/** The images of each service. Refuses images that belong to no service. */
export function deploymentsOf(services: readonly string[], images: readonly ImageArgument[]) {
  const names = [...new Set(services)];
  const misplaced = images.find(({service}) => service !== undefined && !names.includes(service));
  if (misplaced?.service !== undefined) {
    throw new SwitcharooError(serviceNotNamed(misplaced.service, names));
  }
  return names.map((service) => {
    const serviceImages = images.filter((image) => (image.service ?? service) === service);
    const containers = serviceImages.map(({container}) => container);
    const twice = containers.find((name, index) => containers.indexOf(name) !== index);
    if (serviceImages.length === 0 || twice !== undefined) {
      throw new SwitcharooError(twice === undefined ? noImage(service) : twoImages(service, twice));
    }
    return {
      service,
      images: serviceImages.map(({container, repository, tag}) => ({container, repository, tag})),
    };
  });
}

const serviceNotNamed = (service: string, names: readonly string[]): Problem => ({
  code: 'deployment-ambiguous',
  message: `An image is given for ${service}, which is not one of the services to deploy: ${names.join(', ')}.`,
  hint: `Name it with --service ${service}, or correct --images.`,
});

const noImage = (service: string): Problem => ({
  code: 'deployment-ambiguous',
  message: `No image is given for ${service}.`,
  hint: `Add one: --images ${service}:container=repository=tag`,
});

const twoImages = (service: string, container: string): Problem => ({
  code: 'deployment-ambiguous',
  message: `Two images are given for the container ${container} of ${service}.`,
  hint: 'Give one image for each container; where services differ, as service:container=repository=tag',
});
