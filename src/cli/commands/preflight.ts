import {defineCommand} from '../command.ts';
import {inventory} from '../options.ts';

export const preflightCommand = defineCommand({
  name: 'preflight',
  summary: 'Run every preflight check of the targets in an inventory',
  description:
    'Run every preflight check of the targets in an inventory, and report what would obstruct a cutover. Changes nothing.\n\nRun it days before the cutover.',
  options: {inventory},
  examples: ['preflight -i staging'],
  run: async ({app, options}) => {
    const {runPreflight} = await import('../actions/preflight.ts');
    return runPreflight(app, options.inventory);
  },
});
