import {defineCommand, list, optional, parsed} from '../command.ts';
import {parseImage} from '../image-argument.ts';
import {
  inventory,
  onFailure,
  param,
  plan,
  services,
  until,
  wholeNumber,
  yesToPlan,
} from '../options.ts';

const images = list(parseImage, {
  placeholder: 'images',
  description:
    'Images as container=repository=tag; where services differ, as service:container=repository=tag',
});

export const deployCommand = defineCommand({
  name: 'deploy',
  summary: 'Build images and deploy them to ECS services',
  description:
    'Build images and deploy them to ECS services: a run like any other, journaled and reversible.',
  options: {
    service: services,
    images,
    inventory,
    param,
    atOnce: parsed(wholeNumber, {
      placeholder: 'number',
      description: 'Maximum number of services deployed at the same time',
    }),
    tasks: parsed(wholeNumber, {
      placeholder: 'number',
      description: 'New desired count (default: unchanged)',
    }),
    runbook: optional({
      placeholder: 'runbook',
      description: 'Runbook to use instead of the included one',
    }),
    until,
    onFailure,
    plan,
    yes: yesToPlan,
  },
  examples: ['deploy --service WEB --images application=sidekiq-nginx=master.5 -i production'],
  run: async ({app, options}) => {
    const {deploy} = await import('../actions/deploy.ts');
    const {service: names, images: given, atOnce, tasks, plan: planDigest, param: params} = options;
    const {inventory: file, runbook, until: end, onFailure: failure, yes} = options;
    return deploy(
      app,
      {services: names, images: given, atOnce, tasks},
      {inventory: file, runbook, params, planDigest, yes, until: end, onFailure: failure},
    );
  },
});
