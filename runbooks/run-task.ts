import {defineRunbook} from 'switcharoo';
import {ecsService, runTask} from 'switcharoo/ecs';
import {z} from 'zod';

/** What `switcharoo task` runs. Its exit code is the command's, so any exit code is accepted here. */
export default defineRunbook({
  name: 'run-task',
  summary: "Run a command once, in a task with a service's own definition and network.",
  params: z.object({
    command: z.array(z.string()).min(1),
    container: z.string().optional(),
  }),
  targets: {service: ecsService},
})
  .phase('Run')
  .pointOfNoReturn('switcharoo cannot undo what a command did.')
  .step('command', runTask, {
    on: {service: 'service'},
    input: ({params}) => ({
      command: params.command,
      ...(params.container === undefined ? {} : {container: params.container}),
      mustSucceed: false,
    }),
  });
