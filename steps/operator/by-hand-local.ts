import {defineStep} from '../../src/index.ts';
import {localMachine} from '../local/index.ts';
import {askToDo, askToUndo, byCommand, checkByCommand} from './person/by-command.ts';

/** What a person does, and a command on this machine sees: its exit code says whether it is done. */
export const byHandLocal = defineStep({
  name: 'operator.by-hand-local',
  summary: 'Have a person do something, and check by a command on this machine whether it is done.',
  targets: {machine: localMachine},
  ...byCommand,
  needs: {
    machine: ['what the command "check" of the runbook does, as the account that runs switcharoo'],
  },
  effects: [],
  check: (look) => checkByCommand(look, look.targets.machine),
  plan: async (look) => askToDo('machine', look),
  reverse: (look, before) => askToUndo('machine', look, look.targets.machine, before),
});
