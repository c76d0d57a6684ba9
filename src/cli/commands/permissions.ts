import {defineCommand} from '../command.ts';
import {inventory, param} from '../options.ts';

export const permissionsCommand = defineCommand({
  name: 'permissions',
  arguments: '<runbook>',
  summary: 'Print the grants each account needs, and which are missing',
  description:
    'Print the grants that each account of an inventory needs for a runbook, as policies and statements to paste, and which are missing.',
  options: {inventory, param},
  examples: ['permissions bare-metal-to-ecs -i staging'],
  run: async ({app, args: [runbook = ''], options}) => {
    const {showPermissions} = await import('../actions/permissions.ts');
    return showPermissions(app, {
      runbook,
      inventory: options.inventory,
      params: options.param,
    });
  },
});
