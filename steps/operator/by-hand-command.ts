import {defineStep} from '../../src/index.ts';
import {hostGroup} from '../hosts/index.ts';
import {askToDo, askToUndo, byCommand, checkByCommand} from './person/by-command.ts';

/** What a person does, and a command on hosts sees: its exit code says whether it is done. */
export const byHandCommand = defineStep({
  name: 'operator.by-hand-command',
  summary: 'Have a person do something, and check by a command on hosts whether it is done.',
  targets: {hosts: hostGroup},
  ...byCommand,
  needs: {
    hosts: ['sudo without a password for /bin/sh (what the command "check" of the runbook does)'],
  },
  effects: [],
  check: (look) => checkByCommand(look, look.targets.hosts),
  plan: async (look) => askToDo('hosts', look),
  reverse: (look, before) => askToUndo('hosts', look, look.targets.hosts, before),
});
