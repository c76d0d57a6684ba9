import {defineCommand} from '../command.ts';
import {inventory, param} from '../options.ts';

export const planCommand = defineCommand({
  name: 'plan',
  arguments: '<runbook>',
  summary: 'Inspect the targets and print the plan (changes nothing)',
  description:
    'Inspect the targets of a runbook, and print the plan and its digest. Changes nothing.\n\nThe runbook is a file, or the name of one in runbooks/.',
  options: {inventory, param},
  examples: ['plan bare-metal-to-ecs -i staging'],
  run: async ({app, args: [runbook = ''], options}) => {
    const {showPlan} = await import('../actions/plan.ts');
    return showPlan(app, {runbook, inventory: options.inventory, params: options.param});
  },
});
