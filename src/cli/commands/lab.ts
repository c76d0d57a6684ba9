import {type CommandFamily, defineCommand, flag} from '../command.ts';
import {clients, slowProcedures} from '../options.ts';

const actions = () => import('../actions/lab.ts');

const up = defineCommand({
  name: 'up',
  summary: 'Start the lab and leave it running',
  options: {
    clients,
    slowProcedures,
    emptyAurora: flag({description: 'Start before the first copy: Aurora has no data'}),
  },
  examples: ['lab up', 'lab up --clients 0'],
  run: async ({app, options}) => {
    const {startLab} = await actions();
    const {clients: count, slowProcedures: slow, emptyAurora} = options;
    return startLab(app, {clients: count, slowProcedures: slow, emptyAurora});
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
    'Compare every write that was acknowledged to a client of the lab with the database that is in charge.',
  examples: ['lab count'],
  run: async ({app}) => {
    const {countWrites} = await actions();
    return countWrites(app);
  },
});

export const labCommands: CommandFamily = {
  name: 'lab',
  summary: 'Start, stop or inspect the local lab',
  commands: [up, down, status, count],
};
