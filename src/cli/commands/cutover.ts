import {defineCommand, optional} from '../command.ts';
import {
  acceptChanges,
  alone,
  answers as answer,
  besides,
  decideBy,
  details,
  inventory,
  maxOutage,
  movedInventory,
  movedRunbook,
  onFailure,
  outsideWindow,
  param,
  plan,
  store,
  until,
  yes,
  yesToPlan,
} from '../options.ts';

const planCommand = defineCommand({
  name: 'plan',
  arguments: '<runbook>',
  summary: 'Inspect the targets and print the plan (changes nothing)',
  description:
    'Inspect the targets of a runbook, and print the plan and its digest. Changes nothing.\n\nThe runbook is a file, or the name of one in runbooks/.',
  options: {inventory, param, details, store},
  prints: ['plan'],
  examples: ['plan bare-metal-to-ecs -i staging'],
  run: async ({app, args: [runbook = ''], options}) => {
    const {showPlan} = await import('../actions/plan.ts');
    const {inventory: file, param: params, store: place} = options;
    const request = {runbook, inventory: file, params, store: place};
    return showPlan({...app, details: options.details}, request);
  },
});

const runCommand = defineCommand({
  name: 'run',
  arguments: '<runbook>',
  summary: 'Plan the runbook, ask for approval, and run it',
  description:
    'Plan the runbook, ask for approval, and run it. Every change is journaled before it is made.\n\nThe runbook is a file, or the name of one in runbooks/.',
  options: {
    inventory,
    param,
    until,
    onFailure,
    decideBy,
    maxOutage,
    details,
    plan,
    yes,
    answer,
    besides,
    outsideWindow,
    store,
  },
  prints: ['run-line', 'report'],
  examples: [
    'run bare-metal-to-ecs -i staging',
    'run bare-metal-to-ecs -i staging --until prepared',
  ],
  run: async ({app, args: [runbook = ''], options}) => {
    const {startRun} = await import('../actions/run.ts');
    const {plan: planDigest, param: params, details: whole, ...rest} = options;
    const {maxOutage: longestOutageMs, answer: answers, ...given} = rest;
    const request = {...given, answers, runbook, params, planDigest, longestOutageMs};
    return startRun({...app, details: whole}, request);
  },
});

const resumeCommand = defineCommand({
  name: 'resume',
  arguments: '[run]',
  summary: 'Show what has been applied and continue the run',
  description:
    'Show what a run has applied, plan the rest, ask for approval, and continue. An interrupted reversal is continued as a reversal.\n\nWithout a run, the newest unfinished run is continued.',
  options: {
    until,
    onFailure,
    decideBy,
    maxOutage,
    details,
    plan,
    yes,
    answer,
    acceptChanges,
    besides,
    outsideWindow,
    alone,
    runbook: movedRunbook,
    inventory: movedInventory,
  },
  prints: ['run-line', 'report'],
  examples: ['resume', 'resume 20260301-031205-4f2a --yes'],
  run: async ({app, args: [run], options}) => {
    const {resumeRun} = await import('../actions/resume.ts');
    const {plan: planDigest, details: whole, maxOutage: longestOutageMs, ...rest} = options;
    const {answer: answers, ...given} = rest;
    const request = {...given, answers, planDigest, longestOutageMs};
    return resumeRun({...app, details: whole}, run, request);
  },
});

const reverseCommand = defineCommand({
  name: 'reverse',
  arguments: '[run]',
  summary: 'Plan a reversal, ask for approval, and reverse',
  description:
    'Plan the reversal of a run, ask for approval, and reverse: newest change first, each one verified.\n\nWithout a run, the newest unfinished run is reversed, or else the newest run that changed something.',
  options: {
    to: optional({
      placeholder: 'checkpoint',
      description: 'Reverse to this checkpoint instead of the start',
    }),
    details,
    plan,
    yes: yesToPlan,
    answer,
    acceptChanges,
    besides,
    alone,
    runbook: movedRunbook,
    inventory: movedInventory,
  },
  prints: ['run-line', 'report'],
  examples: ['reverse', 'reverse --to prepared'],
  run: async ({app, args: [run], options}) => {
    const {reverseRun} = await import('../actions/reverse.ts');
    const {plan: planDigest, to, details: whole, answer: answers, ...given} = options;
    return reverseRun({...app, details: whole}, {run, to}, {...given, answers, planDigest});
  },
});

export const cutoverCommands = [planCommand, runCommand, resumeCommand, reverseCommand];
