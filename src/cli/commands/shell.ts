import {defineCommand, optional} from '../command.ts';
import {container, inventory, service} from '../options.ts';

export const shellCommand = defineCommand({
  name: 'shell',
  arguments: '[command...]',
  summary: 'Open a shell in a running task of an ECS service',
  description:
    'Open a shell, or run a command, in a running task of an ECS service through ECS Exec. Nothing of it is journaled.',
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
