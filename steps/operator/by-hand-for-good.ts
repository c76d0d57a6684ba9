import {z} from 'zod';
import {defineOneWayStep, done, pending} from '../../src/index.ts';
import {doneBy, neededFor, toDo} from './person/by-hand.ts';
import {doneByHand} from './person/input.ts';

/** What a person does and nobody can undo: a runbook has it only after its point of no return. */
export const byHandForGood = defineOneWayStep({
  name: 'operator.by-hand-for-good',
  summary: 'Have a person do something that cannot be undone, and journal who did it.',
  targets: {},
  input: z.object(doneByHand),
  output: z.object({}),
  needs: {},
  oneWayBecause: 'A person does it by hand, and the runbook does not say how to undo it.',
  effects: [],
  person: neededFor,
  timeoutMs: 24 * 3_600_000,
  check: async ({input, run}) =>
    run.word?.way === 'forward' ? done({}) : pending(undefined, toDo(input)),
  plan: async ({input}) => [doneBy(input)],
});
