import {z} from 'zod';
import {defineStep, done, pending} from '../../src/index.ts';
import {doneBy, neededFor, toDo, undoneBy} from './person/by-hand.ts';
import {doneByHand, undoneByHand} from './person/input.ts';

/** What a person does, and no check can see: their word is journaled, with who gave it. */
export const byHand = defineStep({
  name: 'operator.by-hand',
  summary: 'Have a person do something, and journal who did it.',
  targets: {},
  input: z.object({...doneByHand, ...undoneByHand}),
  before: z.object({}),
  output: z.object({}),
  needs: {},
  reverses: 'Asks a person to do what "undo" says, and journals who did it.',
  effects: [],
  person: neededFor,
  timeoutMs: 24 * 3_600_000,
  check: async ({input, run}) =>
    run.word?.way === 'forward' ? done({}) : pending({}, toDo(input)),
  plan: async ({input}) => [doneBy(input)],
  reverse: async ({input, run}) => (run.word?.way === 'reverse' ? [] : [undoneBy(input, {run})]),
});
