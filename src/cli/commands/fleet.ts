import {type CommandFamily, defineCommand, optional} from '../command.ts';
import {clients, rtt, slowProcedures, strategy} from '../options.ts';
import {fleetEngineCommands} from './fleet-engine.ts';

const planCommand = defineCommand({
  name: 'plan',
  arguments: '[file]',
  summary: 'Plan the waves of a fleet: order, collisions, forecast',
  description:
    'Read the waves of a fleet (waves.ts if no file is given) with the runbook and the inventory of each unit. Print the order, what collides, and how long each wave will probably take. Contacts no system.',
  options: {
    from: optional({
      placeholder: 'wave',
      description:
        'Plan from this wave on, as if it started now: the waves before it are done (without it: from the first wave on)',
    }),
  },
  prints: ['fleet-plan'],
  examples: ['fleet plan', 'fleet plan fleets/shops.ts --from shops'],
  run: async ({app, args: [file = 'waves.ts'], options}) => {
    const {showFleetPlan} = await import('../actions/fleet-plan.ts');
    return showFleetPlan(app, file, options.from);
  },
});

const rehearseCommand = defineCommand({
  name: 'rehearse',
  arguments: '[file]',
  summary: 'Rehearse each runbook of a fleet in the lab',
  description:
    'Rehearse each runbook of a fleet in the lab, forward to its end and back to its start. What was rehearsed in this state folder as it is now is not rehearsed again. The exit code is 3 while something is missing.',
  options: {clients, slowProcedures, strategy, rtt},
  prints: ['run-line', 'report', 'fleet-rehearsals'],
  examples: ['fleet rehearse', 'fleet rehearse fleets/shops.ts --rtt 20'],
  run: async ({app, args: [file = 'waves.ts'], options}) => {
    const {rehearseFleet} = await import('../actions/fleet-rehearse.ts');
    const {rtt: rttMs, ...lab} = options;
    return rehearseFleet(app, file, {...lab, rttMs, keep: false});
  },
});

const fleetFamily: CommandFamily = {
  name: 'fleet',
  summary: 'Move many services in waves (experimental)',
  commands: [planCommand, rehearseCommand, ...fleetEngineCommands],
};

export const fleetCommands: readonly CommandFamily[] = [fleetFamily];
