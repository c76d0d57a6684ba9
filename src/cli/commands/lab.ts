import {type CommandFamily, type CommandSpec, defineCommand, flag, optional} from '../command.ts';
import {clients, html, rtt, slowProcedures, strategy} from '../options.ts';

const rehearseCommand = defineCommand({
  name: 'rehearse',
  arguments: '[runbook]',
  summary: 'Run a runbook in the lab',
  description:
    'Start the lab, run a runbook in it while clients write all the time, report the outage and the lost writes, and stop the lab. Asks nothing.\n\nWithout a runbook, the only one in runbooks/ is rehearsed, or seamless-cutover where there is none.',
  options: {
    reverseAt: optional({
      placeholder: 'entry',
      description: 'Stop at this entry, accept writes for some seconds, then reverse everything',
    }),
    clients,
    slowProcedures,
    strategy,
    rtt,
    keep: flag({description: 'Leave the lab running afterwards'}),
    html,
  },
  examples: ['rehearse', 'rehearse seamless-cutover --reverse-at smoke', 'rehearse --rtt 20'],
  run: async ({app, args: [runbook], options}) => {
    const {rehearse} = await import('../actions/rehearse.ts');
    const {reverseAt, html: file, rtt: rttMs, ...lab} = options;
    return rehearse(app, {runbook, reverseAt, html: file}, {...lab, rttMs});
  },
});

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
  examples: ['lab down'],
  run: async ({app}) => {
    const {stopLab} = await actions();
    return stopLab(app);
  },
});

const status = defineCommand({
  name: 'status',
  summary: 'Show the state of the lab, and what its clients counted',
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
  examples: ['lab count'],
  run: async ({app}) => {
    const {countWrites} = await actions();
    return countWrites(app);
  },
});

const labFamily: CommandFamily = {
  name: 'lab',
  summary: 'Start, stop or inspect the local lab',
  commands: [up, down, status, count],
};

export const labCommands: readonly (CommandSpec | CommandFamily)[] = [rehearseCommand, labFamily];
