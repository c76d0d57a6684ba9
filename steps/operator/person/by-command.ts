import {z} from 'zod';
import type {Look} from '../../../src/index.ts';
import {
  type CommandMachines,
  checkCommands,
  commandBefore,
  commandCheck,
} from '../../hosts/index.ts';
import {doneBy, limits, neededFor, undoneBy} from './by-hand.ts';
import {doneByHand, seen, undoneByHand} from './input.ts';
import {recognised} from './recognised.ts';

/** What a person does, and a command for /bin/sh sees: it says done only when each machine says it. */
const input = z.object({
  ...doneByHand,
  ...undoneByHand,
  ...seen,
  ...commandCheck,
});
type Input = z.output<typeof input>;

type Before = z.output<typeof commandBefore>;

/** What the steps with such a command share. */
export const byCommand = {
  input,
  before: commandBefore,
  output: z.object({}),
  reverses:
    'Asks a person to do what "undo" says, and checks that the command prints what it printed before.',
  person: neededFor,
  ...limits,
};

interface ByCommandLook extends Pick<Look<never, never>, 'run' | 'now' | 'signal'> {
  readonly input: Input;
}

export async function checkByCommand(look: ByCommandLook, machines: CommandMachines) {
  const verdict = await checkCommands(look, machines);
  switch (verdict.kind) {
    case 'done':
      return recognised<Before>(look, {
        isDone: true,
        before: {hosts: []},
        is: `the check says that it is done on ${machines.name}`,
        differences: [],
      });
    case 'pending': {
      const {before, differences} = verdict;
      const is = differences.map((each) => `${each.what} ends with ${each.is}`).join('; ');
      return recognised(look, {isDone: false, before, is, differences});
    }
    case 'needs-answer':
      return {...verdict, output: {}};
    default:
      return verdict;
  }
}

export const askToDo = <Part extends string>(on: Part, {input}: ByCommandLook) => [
  {...doneBy(input), on},
];

/** Asks unless each machine says again what it said before. */
export async function askToUndo<Part extends string>(
  on: Part,
  look: ByCommandLook,
  machines: CommandMachines,
  before: Before,
) {
  const verdict = await checkCommands(look, machines);
  const isRestored =
    verdict.kind === 'pending' && JSON.stringify(verdict.before) === JSON.stringify(before);
  return isRestored ? [] : [{...undoneBy(look.input, look), on}];
}
