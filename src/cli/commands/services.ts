import {defineCommand, flag, list, optional, parsed} from '../command.ts';
import {parseImage} from '../image-argument.ts';
import {
  besides,
  container,
  details,
  inventory,
  onFailure,
  param,
  plan,
  service,
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

const deployCommand = defineCommand({
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
    details,
    plan,
    yes: yesToPlan,
    besides,
  },
  prints: ['run-line', 'report'],
  examples: ['deploy --service WEB --images application=sidekiq-nginx=master.5 -i production'],
  run: async ({app, options}) => {
    const {deploy} = await import('../actions/deploy.ts');
    const {service: names, images: given, atOnce, tasks, plan: planDigest, param: params} = options;
    const {
      inventory: file,
      runbook,
      until: end,
      onFailure: failure,
      yes,
      besides: damaged,
    } = options;
    return deploy(
      {...app, details: options.details},
      {services: names, images: given, atOnce, tasks},
      {
        inventory: file,
        runbook,
        params,
        planDigest,
        yes,
        until: end,
        onFailure: failure,
        besides: damaged,
      },
    );
  },
});

const tagCommand = defineCommand({
  name: 'tag',
  summary: 'Print the next image tag for a branch',
  description:
    'Print the next image tag for a branch, <branch>.<number>: one above the highest number in the repositories.',
  options: {
    inventory,
    repository: optional({placeholder: 'name', description: 'ECR repository to read the tags of'}),
    git: optional({placeholder: 'url', description: 'Git repository to read the tags of'}),
    branch: optional({
      placeholder: 'name',
      description: 'Branch (default: the one checked out here)',
    }),
  },
  prints: ['tag'],
  examples: ['tag --repository sidekiq-nginx --branch feature/cart -i production'],
  run: async ({app, options}) => {
    const {printTag} = await import('../actions/tag.ts');
    const {inventory: file, ...sources} = options;
    return printTag(app, file, sources);
  },
});

const taskCommand = defineCommand({
  name: 'task',
  arguments: '<command...>',
  summary: 'Run a command once in a new task of an ECS service',
  description:
    "Run a command once in a new task, with the service's task definition and network. Prints its log, and exits with its exit code.",
  options: {
    service,
    inventory,
    container,
    details,
    yes: flag({description: 'Approve the plan, although it cannot be reversed'}),
    besides,
  },
  prints: ['run-line', 'report', 'task-ended'],
  examples: ['task --service api -i production -- bundle exec rake db:migrate'],
  run: async ({app, args, options}) => {
    const {runTask} = await import('../actions/task.ts');
    return runTask({...app, details: options.details}, args, options);
  },
});

const shellCommand = defineCommand({
  name: 'shell',
  arguments: '[command...]',
  summary: 'Open a shell in a running task of an ECS service',
  description:
    'Open a shell, or run a command, in a running task of an ECS service through ECS Exec. The session is not journaled.',
  options: {
    service,
    inventory,
    task: optional({
      placeholder: 'id',
      description: 'Beginning of the id of the task (default: the first in the list of ECS)',
    }),
    container,
  },
  examples: ['shell --service api -i production -- bundle exec rails console'],
  run: async ({app, args, options}) => {
    const {openShell} = await import('../actions/shell.ts');
    const {service: target, inventory: file, ...where} = options;
    return openShell(app, {service: target, inventory: file}, {command: args, where});
  },
});

export const servicesCommands = [deployCommand, tagCommand, taskCommand, shellCommand];
