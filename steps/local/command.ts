import {defineStep} from '../../src/index.ts';
import {
  checkCommands,
  commandBefore,
  commandInput,
  commandOutput,
  doActions,
  undoActions,
} from '../hosts/index.ts';
import {localMachine} from './target.ts';

/** The same as hosts.command, on the machine on which switcharoo runs: a tool that only the operator's machine has. */
export const localCommand = defineStep({
  name: 'local.command',
  summary: 'Make a change on this machine with a command of your own, and undo it with another.',
  targets: {machine: localMachine},
  input: commandInput,
  before: commandBefore,
  output: commandOutput,
  needs: {
    machine: [
      'the rights that the commands of the runbook need, for the account that runs switcharoo',
    ],
  },
  reverses: 'Runs the command "undo".',
  effects: [],
  timeoutMs: 10 * 60_000,
  check: (look) => checkCommands(look, look.targets.machine),
  plan: (look) => doActions('machine', look, look.targets.machine),
  reverse: (look, before) => undoActions('machine', look, look.targets.machine, before),
});
