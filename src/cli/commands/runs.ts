import {defineCommand} from '../command.ts';

export const runsCommand = defineCommand({
  name: 'runs',
  summary: 'List runs',
  description: 'List the runs in the state folder, newest last.',
  examples: ['runs'],
  run: async ({app}) => {
    const {listRuns} = await import('../actions/runs.ts');
    return listRuns(app);
  },
});
