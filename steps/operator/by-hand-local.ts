import {z} from 'zod';
import {defineStep} from '../../src/index.ts';
import {localMachine} from '../local/index.ts';
import {
  askToDo,
  askToUndo,
  byCommandBefore,
  byCommandInput,
  checkByCommand,
} from './person/by-command.ts';
import {neededFor} from './person/by-hand.ts';

/** What a person does, and a command on this machine sees: its exit code says whether it is done. */
export const byHandLocal = defineStep({
  name: 'operator.by-hand-local',
  summary: 'Have a person do something, and check by a command on this machine whether it is done.',
  targets: {machine: localMachine},
  input: byCommandInput,
  before: byCommandBefore,
  output: z.object({}),
  needs: {
    machine: ['what the command "check" of the runbook does, as the account that runs switcharoo'],
  },
  reverses:
    'Asks a person to do what "undo" says, and checks that the command prints what it printed before.',
  effects: [],
  person: neededFor,
  timeoutMs: 24 * 3_600_000,
  poll: {firstMs: 500, mostMs: 5_000},
  check: (look) => checkByCommand(look, look.targets.machine),
  plan: async (look) => askToDo('machine', look),
  reverse: (look, before) => askToUndo('machine', look, look.targets.machine, before),
});
