import {defineCommand, optional} from '../command.ts';
import {acceptChanges, movedInventory, movedRunbook, plan, yesToPlan} from '../options.ts';

export const reverseCommand = defineCommand({
  name: 'reverse',
  arguments: '[run]',
  summary: 'Plan a reversal, ask for approval, and reverse',
  description:
    'Plan the reversal of a run, ask for approval, and reverse: newest change first, each one verified.\n\nWithout a run, the newest that is not finished, or else the newest that changed something.',
  options: {
    to: optional({
      placeholder: 'checkpoint',
      description: 'Reverse to this checkpoint instead of the start',
    }),
    plan,
    yes: yesToPlan,
    acceptChanges,
    runbook: movedRunbook,
    inventory: movedInventory,
  },
  examples: ['reverse', 'reverse --to prepared'],
  run: async ({app, args: [run], options}) => {
    const {reverseRun} = await import('../actions/reverse.ts');
    const {plan: planDigest, to, ...given} = options;
    return reverseRun(app, {run, to}, {...given, planDigest});
  },
});
