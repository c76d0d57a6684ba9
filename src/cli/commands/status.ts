import {defineCommand, flag} from '../command.ts';

export const statusCommand = defineCommand({
  name: 'status',
  arguments: '[run]',
  summary: 'Show the state of a run, its changes in place, and what to do next',
  description:
    'Show the state of a run, its changes in place, who works on it, what to do next, and whether a reversal would lose data now.\n\nWithout a run, the newest.',
  options: {offline: flag({description: 'Read only the journal, and contact no target'})},
  examples: ['status', 'status --offline'],
  run: async ({app, args: [run], options}) => {
    const {showStatus} = await import('../actions/status.ts');
    return showStatus(app, run, options.offline);
  },
});
