import type {Action, Look, PersonNeeded} from '../../../src/index.ts';
import type {Owner} from './input.ts';

export interface ByHand {
  readonly does: string;
  readonly todo: readonly string[];
  readonly owner: Owner;
  readonly takesMinutes: number;
}

interface Reversible extends ByHand {
  readonly undoes: string;
  readonly undo: readonly string[];
}

type PersonAction = Action<Record<never, never>>;

/** Asks the owner, through the person at the terminal, for what is to be done. */
export const doneBy = (input: ByHand): PersonAction => ({
  ...askedOf(input, {
    does: input.does,
    way: 'forward',
    lines: input.todo,
    question: 'Is it done',
  }),
});

/** Nobody may know whether it was done: a person who was asked, and whose answer was lost. */
export const undoneBy = (input: Reversible, {run}: Pick<Look<never, never>, 'run'>): PersonAction =>
  askedOf(input, {
    does: input.undoes,
    way: 'reverse',
    lines: [
      ...(run.word?.way === 'forward'
        ? [doneText(run.word)]
        : [
            'Nobody has said that it was done. If it was not done, there is nothing to undo: answer yes.',
          ]),
      ...input.undo,
    ],
    question: 'Is it undone',
  });

interface Words {
  readonly does: string;
  readonly way: 'forward' | 'reverse';
  readonly lines: readonly string[];
  readonly question: string;
}

const askedOf = (
  {owner, takesMinutes}: ByHand,
  {does, way, lines, question}: Words,
): PersonAction => ({
  on: owner.name,
  does,
  asks: {
    who: owner.name,
    way,
    question: `${does} (by hand: ${owner.name}, ${owner.reach}; about ${takesMinutes} min). ${question}?`,
    details: lines,
  },
  // The engine asks instead.
  perform: async (_writer, signal) => signal.throwIfAborted(),
});

export const neededFor = (input: ByHand & Partial<Reversible>): PersonNeeded => ({
  owner: input.owner.name,
  reach: input.owner.reach,
  todo: input.todo,
  undo: input.undo ?? [],
  takesMs: input.takesMinutes * 60_000,
});

/** A person has until the next day; meanwhile it is checked as often as this. */
export const limits = {timeoutMs: 24 * 3_600_000, poll: {firstMs: 500, mostMs: 5_000}} as const;

/** What a plan says of it, before anybody is asked. */
export const toDo = ({does, owner, takesMinutes}: ByHand) => ({
  what: does,
  is: 'not done',
  shouldBe: `done by hand: ${owner.name}, ${owner.reach}; about ${takesMinutes} min`,
});

/** Without a note, nobody knows more than who answered. */
const doneText = ({by, note}: {readonly by: string; readonly note: string}): string =>
  note === '' ? `${by} said that it was done.` : `It was done: ${note} (${by}).`;
