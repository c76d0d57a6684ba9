import {defineCommand, flag} from '../command.ts';

export const logCommand = defineCommand({
  name: 'log',
  arguments: '[run]',
  summary: 'Print the journal of a run',
  description: 'Print the journal of a run, one line for each entry.\n\nWithout a run, the newest.',
  options: {verify: flag({description: "Verify the journal's chain of hashes instead"})},
  examples: ['log', 'log --verify'],
  run: async ({app, args: [run], options}) => {
    const {printLog, verifyLog} = await import('../actions/log.ts');
    return options.verify ? verifyLog(app, run) : printLog(app, run);
  },
});
