import {defineCommand, flag} from '../command.ts';
import {container, inventory, service} from '../options.ts';

export const taskCommand = defineCommand({
  name: 'task',
  arguments: '<command...>',
  summary: 'Run a command once in a new task of an ECS service',
  description:
    "Run a command once in a new task, with the service's task definition and network. Prints its log, and exits with its exit code.",
  options: {
    service,
    inventory,
    container,
    yes: flag({description: 'Approve the plan, although it cannot be reversed'}),
  },
  examples: ['task --service api -i production -- bundle exec rake db:migrate'],
  run: async ({app, args, options}) => {
    const {runTask} = await import('../actions/task.ts');
    return runTask(app, args, options);
  },
});
