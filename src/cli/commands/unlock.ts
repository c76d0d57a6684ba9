import {defineCommand, optional} from '../command.ts';

export const unlockCommand = defineCommand({
  name: 'unlock',
  arguments: '<run>',
  summary: 'Take the lock of a run from another process',
  description:
    'Take the lock of a run from the process that holds it, after the name of the run was typed as confirmation. If that process runs on this host, it is ended.',
  options: {
    name: optional({
      placeholder: 'run',
      description: 'Confirm with the name of the run, instead of typing it',
    }),
  },
  examples: ['unlock 20260301-031205-4f2a'],
  run: async ({app, args: [run = ''], options}) => {
    const {unlockRun} = await import('../actions/unlock.ts');
    return unlockRun(app, run, options.name);
  },
});
