import {defineCommand} from '../command.ts';

export const stepsCommand = defineCommand({
  name: 'steps',
  arguments: '[name]',
  summary: 'List the steps and gates, or describe one',
  description:
    'List the steps and gates of the library. With a name, describe it: its targets, input, output, permissions and reversal.',
  examples: ['steps', 'steps mysql.freeze-writes'],
  run: async ({app, args: [name]}) => {
    const {showSteps} = await import('../actions/steps.ts');
    return showSteps(app, name);
  },
});
