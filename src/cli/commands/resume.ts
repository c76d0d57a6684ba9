import {defineCommand} from '../command.ts';
import {
  acceptChanges,
  decideBy,
  movedInventory,
  movedRunbook,
  onFailure,
  plan,
  until,
  yes,
} from '../options.ts';

export const resumeCommand = defineCommand({
  name: 'resume',
  arguments: '[run]',
  summary: 'Show what has been applied and continue the run',
  description:
    'Show what a run has applied, plan the rest, ask for approval, and continue. An interrupted reversal is continued as a reversal.\n\nWithout a run, the newest that is not finished.',
  options: {
    until,
    onFailure,
    decideBy,
    plan,
    yes,
    acceptChanges,
    runbook: movedRunbook,
    inventory: movedInventory,
  },
  examples: ['resume', 'resume 20260301-031205-4f2a --yes'],
  run: async ({app, args: [run], options}) => {
    const {resumeRun} = await import('../actions/resume.ts');
    const {plan: planDigest, ...given} = options;
    return resumeRun(app, run, {...given, planDigest});
  },
});
