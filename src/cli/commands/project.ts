import {defineCommand} from '../command.ts';

const initCommand = defineCommand({
  name: 'init',
  arguments: '[folder]',
  summary: 'Make a project: a runbook, inventories, a step with its test, a nightly rehearsal',
  description:
    'Make a project in a folder, or here: package.json, tsconfig.json, a runbook that extends a shipped one, inventories for the lab and for staging, a step of your own with its test, and a workflow of GitHub that rehearses each night.\n\nOverwrites nothing, and can be run again.',
  examples: ['init', 'init our-cutover'],
  run: async ({app, args: [folder = '.']}) => {
    const {initProject} = await import('../actions/init.ts');
    return initProject(app, folder);
  },
});

export const projectCommands = [initCommand];
