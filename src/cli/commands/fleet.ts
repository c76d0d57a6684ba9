import {type CommandFamily, defineCommand} from '../command.ts';
import {fleetEngineCommands} from './fleet-engine.ts';

const planCommand = defineCommand({
  name: 'plan',
  arguments: '[file]',
  summary: 'Plan the waves of a fleet: order, collisions, forecast',
  description:
    'Read the waves of a fleet (waves.ts if no file is given) with the runbook and the inventory of each unit. Print the order, what collides, and how long each wave will probably take. Contacts no system.',
  prints: ['fleet-plan'],
  examples: ['fleet plan', 'fleet plan fleets/shops.ts'],
  run: async ({app, args: [file = 'waves.ts']}) => {
    const {showFleetPlan} = await import('../actions/fleet-plan.ts');
    return showFleetPlan(app, file);
  },
});

const fleetFamily: CommandFamily = {
  name: 'fleet',
  summary: 'Move many services in waves (experimental)',
  commands: [planCommand, ...fleetEngineCommands],
};

export const fleetCommands: readonly CommandFamily[] = [fleetFamily];
