import {defineCommand} from '../command.ts';
import {decideBy, inventory, onFailure, param, plan, until, yes} from '../options.ts';

export const runCommand = defineCommand({
  name: 'run',
  arguments: '<runbook>',
  summary: 'Plan the runbook, ask for approval, and run it',
  description:
    'Plan the runbook, ask for approval, and run it. Every change is journaled before it is made.\n\nThe runbook is a file, or the name of one in runbooks/.',
  options: {inventory, param, until, onFailure, decideBy, plan, yes},
  examples: [
    'run bare-metal-to-ecs -i staging',
    'run bare-metal-to-ecs -i staging --until prepared',
  ],
  run: async ({app, args: [runbook = ''], options}) => {
    const {startRun} = await import('../actions/run.ts');
    const {plan: planDigest, param: params, ...given} = options;
    return startRun(app, {...given, runbook, params, planDigest});
  },
});
