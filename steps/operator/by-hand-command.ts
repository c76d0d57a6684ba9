import {z} from 'zod';
import {defineStep} from '../../src/index.ts';
import {hostGroup} from '../hosts/index.ts';
import {
  askToDo,
  askToUndo,
  byCommandBefore,
  byCommandInput,
  checkByCommand,
} from './person/by-command.ts';
import {neededFor} from './person/by-hand.ts';

/** What a person does, and a command on hosts sees: its exit code says whether it is done. */
export const byHandCommand = defineStep({
  name: 'operator.by-hand-command',
  summary: 'Have a person do something, and check by a command on hosts whether it is done.',
  targets: {hosts: hostGroup},
  input: byCommandInput,
  before: byCommandBefore,
  output: z.object({}),
  needs: {
    hosts: ['sudo without a password for /bin/sh (what the command "check" of the runbook does)'],
  },
  reverses:
    'Asks a person to do what "undo" says, and checks that the command prints what it printed before.',
  effects: [],
  person: neededFor,
  timeoutMs: 24 * 3_600_000,
  poll: {firstMs: 500, mostMs: 5_000},
  check: (look) => checkByCommand(look, look.targets.hosts),
  plan: async (look) => askToDo('hosts', look),
  reverse: (look, before) => askToUndo('hosts', look, look.targets.hosts, before),
});
