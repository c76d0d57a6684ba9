import {
  type CommandFamily,
  type CommandSpec,
  defineCommand,
  flag,
  InvalidValue,
  optional,
  parsed,
} from '../command.ts';
import {clients, duration, html, rtt, slowProcedures, strategy} from '../options.ts';

const rehearseCommand = defineCommand({
  name: 'rehearse',
  arguments: '[runbook]',
  summary: 'Run a runbook in the lab',
  description:
    'Start the lab, run a runbook in it while clients write all the time, report the outage and what was lost, and stop the lab. Asks nothing.\n\nWithout a runbook, the only one in runbooks/ is rehearsed, or bare-metal-to-ecs where there is none.',
  options: {
    reverseAt: optional({
      placeholder: 'entry',
      description: 'Stop at this entry, accept writes for some seconds, then reverse everything',
    }),
    fault: parsed(faultAt, {
      placeholder: 'entry=fault',
      description:
        'Make something go wrong when this entry begins, heal it, and go on (deploy=crash)',
    }),
    clients,
    slowProcedures,
    strategy,
    rtt,
    store: flag({description: "Share the journal in a bucket of the lab's S3"}),
    keep: flag({description: 'Leave the lab running afterwards'}),
    html,
  },
  prints: ['run-line', 'report'],
  examples: [
    'rehearse',
    'rehearse seamless-cutover --reverse-at smoke',
    'rehearse --rtt 20',
    'rehearse bare-metal-to-ecs --fault deploy=crash',
  ],
  run: async ({app, args: [runbook], options}) => {
    const {rehearse} = await import('../actions/rehearse.ts');
    const {reverseAt, fault, store, html: file, rtt: rttMs, ...lab} = options;
    return rehearse(app, {runbook, reverseAt, fault, store, html: file}, {...lab, rttMs});
  },
});

const drillCommand = defineCommand({
  name: 'drill',
  arguments: '[runbook]',
  summary: 'Practise a run in the lab in which something goes wrong',
  description:
    'Start the lab and run a runbook in it. Something goes wrong at one of its entries; you are not told what or where, and decide what to do as in a real run. Afterwards, print how long you needed, how long the outage was, and what would have been better, and stop the lab.\n\nUse the printed seed to repeat the same fault at the same entry.\n\nWithout a runbook, the only one in runbooks/ is used, or bare-metal-to-ecs where there is none.',
  options: {
    seed: parsed(seedNumber, {
      placeholder: 'number',
      description: 'Repeat the drill with this seed',
    }),
    decide: parsed(choicesIn, {
      placeholder: 'choices',
      description:
        'Ask nobody: retry, skip, reverse or stop at each failure in turn (retry,reverse), then stop',
    }),
    repair: duration(
      'Time from the first failure until the fault is repaired (90s); default: 10 to 60 s, by the seed, or with --decide before the first choice',
    ),
    clients,
    slowProcedures,
    strategy,
    rtt,
    keep: flag({description: 'Leave the lab running afterwards'}),
  },
  prints: ['run-line', 'report', 'drill'],
  examples: ['drill', 'drill seamless-cutover --seed 4711', 'drill --decide retry,reverse --json'],
  run: async ({app, args: [runbook], options}) => {
    const {drill} = await import('../actions/drill.ts');
    const {seed, decide, repair: repairMs, rtt: rttMs, ...lab} = options;
    return drill(app, {runbook, seed, decide, repairMs}, {...lab, rttMs});
  },
});

const choices = ['retry', 'skip', 'reverse', 'stop'] as const;
type Choice = (typeof choices)[number];

function choicesIn(text: string): readonly Choice[] {
  return text.split(',').map((word) => {
    const choice = choices.find((each) => each === word.trim());
    if (choice === undefined) {
      throw new InvalidValue(
        `Give one of ${choices.join(', ')} for each failure, separated by commas.`,
      );
    }
    return choice;
  });
}

function seedNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) {
    throw new InvalidValue('Give a whole number of at most 9 digits.');
  }
  return Number(text);
}

function faultAt(text: string): {readonly entry: string; readonly fault: string} {
  const [, entry, fault] = /^([^=]+)=([^=]+)$/.exec(text) ?? [];
  if (!entry || !fault) {
    throw new InvalidValue('Give it as entry=fault.');
  }
  return {entry, fault};
}

const actions = () => import('../actions/lab.ts');

const up = defineCommand({
  name: 'up',
  summary: 'Start the lab and leave it running',
  options: {
    clients,
    slowProcedures,
    strategy,
    rtt,
    emptyAurora: flag({description: 'Start before the first copy: Aurora has no data'}),
  },
  prints: ['lab-up'],
  examples: ['lab up', 'lab up --clients 0'],
  run: async ({app, options}) => {
    const {startLab} = await actions();
    const {rtt: rttMs, ...setup} = options;
    return startLab(app, {...setup, rttMs});
  },
});

const down = defineCommand({
  name: 'down',
  summary: 'Stop the lab and every process it started',
  prints: ['lab-down'],
  examples: ['lab down'],
  run: async ({app}) => {
    const {stopLab} = await actions();
    return stopLab(app);
  },
});

const status = defineCommand({
  name: 'status',
  summary: 'Show the state of the lab, and what its clients counted',
  prints: ['lab-status'],
  examples: ['lab status'],
  run: async ({app}) => {
    const {showLab} = await actions();
    return showLab(app);
  },
});

const count = defineCommand({
  name: 'count',
  summary: 'Compare the acknowledged writes with the database',
  description:
    'Compare every write that was acknowledged to a client of the lab with the active database.',
  prints: ['lab-count'],
  examples: ['lab count'],
  run: async ({app}) => {
    const {countWrites} = await actions();
    return countWrites(app);
  },
});

const faultActions = () => import('../actions/lab-faults.ts');

const breakPart = defineCommand({
  name: 'break',
  arguments: '<fault>',
  summary: 'Make something fail in the lab until it is healed',
  description:
    'Make something fail in the running lab, while a run is under way in another terminal. Docs: the-lab.md has the faults.',
  prints: ['lab-fault'],
  examples: ['lab break aurora', 'lab break crash'],
  run: async ({app, args: [name = '']}) => {
    const {breakLab} = await faultActions();
    return breakLab(app, name);
  },
});

const slow = defineCommand({
  name: 'slow',
  arguments: '<part>',
  summary: 'Make something slow in the lab until it is healed',
  prints: ['lab-fault'],
  examples: ['lab slow aws', 'lab slow replication'],
  run: async ({app, args: [name = '']}) => {
    const {slowLab} = await faultActions();
    return slowLab(app, name);
  },
});

const heal = defineCommand({
  name: 'heal',
  summary: 'End everything that was broken or made slow in the lab',
  prints: ['lab-healed'],
  examples: ['lab heal'],
  run: async ({app}) => {
    const {healLab} = await faultActions();
    return healLab(app);
  },
});

const labFamily: CommandFamily = {
  name: 'lab',
  summary: 'Start, stop, inspect or break the local lab',
  commands: [up, down, status, count, breakPart, slow, heal],
};

export const labCommands: readonly (CommandSpec | CommandFamily)[] = [
  rehearseCommand,
  drillCommand,
  labFamily,
];
