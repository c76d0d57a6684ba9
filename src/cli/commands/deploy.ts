import {fileURLToPath} from 'node:url';
import {type Problem, SwitcharooError} from '../../model/problem.ts';
import type {ExitCode} from '../../run/exit-codes.ts';
import {tellEnd} from '../../run/outcome.ts';
import {packageRoot} from '../../version.ts';
import type {App} from '../app.ts';
import {listenToSignals} from '../signals.ts';
import type {ImageWords} from './images.ts';
import {planAndRun, type RunOptions} from './run.ts';

export interface DeployOptions extends RunOptions {
  readonly service: readonly string[];
  readonly images: readonly ImageWords[];
  readonly atOnce?: number;
  readonly tasks?: number;
  /** Instead of the one that comes with switcharoo. */
  readonly runbook?: string;
}

/** Deploys images to services of an inventory: a run of the runbook for it, like any other. */
export async function deployCommand(
  app: App,
  {service: services, images, atOnce, tasks, runbook, ...options}: DeployOptions,
): Promise<ExitCode> {
  const deploy = deploymentsOf(services, images).map((one) => ({
    ...one,
    ...(tasks === undefined ? {} : {tasks}),
  }));
  const signals = listenToSignals(app.say);
  const starting = {
    app,
    runbook: runbook ?? fileURLToPath(new URL('runbooks/deploy-service.ts', packageRoot)),
    options,
    params: {deploy, ...(atOnce === undefined ? {} : {atOnce})},
    signals,
  };
  try {
    return await planAndRun(starting, async (held, outcome, show) => {
      await show.close();
      return tellEnd(app, held, outcome);
    });
  } finally {
    signals.dispose();
  }
}

/** Which images each service is to run. Nothing that was typed may be left over. */
export function deploymentsOf(services: readonly string[], images: readonly ImageWords[]) {
  const names = [...new Set(services)];
  const stranger = images.find(({service}) => service !== undefined && !names.includes(service));
  if (stranger?.service !== undefined) {
    throw new SwitcharooError(serviceNotNamed(stranger.service, names));
  }
  return names.map((service) => {
    const own = images.filter((image) => (image.service ?? service) === service);
    const containers = own.map(({container}) => container);
    const twice = containers.find((name, index) => containers.indexOf(name) !== index);
    if (own.length === 0 || twice !== undefined) {
      throw new SwitcharooError(twice === undefined ? noImage(service) : twoImages(service, twice));
    }
    return {
      service,
      images: own.map(({container, repository, tag}) => ({container, repository, tag})),
    };
  });
}

const serviceNotNamed = (service: string, names: readonly string[]): Problem => ({
  code: 'deployment-unclear',
  message: `An image is meant for ${service}, which is none of the services to deploy: ${names.join(', ')}.`,
  hint: `Name it with --service ${service}, or correct --images.`,
});

const noImage = (service: string): Problem => ({
  code: 'deployment-unclear',
  message: `No image is given for ${service}.`,
  hint: `Add one: --images ${service}:container=repository=tag`,
});

const twoImages = (service: string, container: string): Problem => ({
  code: 'deployment-unclear',
  message: `Two images are given for the container ${container} of ${service}.`,
  hint: 'Give one image for each container, with the service before it where they differ: service:container=repository=tag',
});
