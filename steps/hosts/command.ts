import {defineStep} from '../../src/index.ts';
import {
  checkCommands,
  commandBefore,
  commandInput,
  commandOutput,
  doActions,
  undoActions,
} from './command/unit.ts';
import {hostGroup} from './target.ts';

/** A change of a team's own, without a step of its own: three commands, run as root on every host of a group. */
export const hostsCommand = defineStep({
  name: 'hosts.command',
  summary: 'Make a change on hosts with a command of your own, and undo it with another.',
  targets: {hosts: hostGroup},
  input: commandInput,
  before: commandBefore,
  output: commandOutput,
  needs: {hosts: ['sudo without a password for /bin/sh (to run the commands of the runbook)']},
  reverses: 'Runs the command "undo" on each host where the change was not in place before.',
  effects: [],
  timeoutMs: 10 * 60_000,
  check: (look) => checkCommands(look, look.targets.hosts),
  plan: (look) => doActions('hosts', look, look.targets.hosts),
  reverse: (look, before) => undoActions('hosts', look, look.targets.hosts, before),
});
