import {z} from 'zod';
import {defineGate} from '../../src/index.ts';
import {owner} from './person/input.ts';

const text = z.string().trim().min(1);

/** The yes of a person who is not at the terminal: a partner by phone, a provider by e-mail. It changes nothing. */
export const heardFrom = defineGate({
  name: 'operator.heard-from',
  summary: 'Wait until a person outside the team says yes, and journal who said it.',
  targets: {},
  input: z.object({
    question: text,
    /** What the person at the terminal reads, or asks for on the phone. */
    details: z.array(text).default([]),
    owner,
    takesMinutes: z.coerce.number().positive().default(5),
  }),
  output: z.object({}),
  needs: {},
  effects: [],
  neverSkip: 'Only a person can give this answer.',
  person: ({question, owner: {name, reach}, takesMinutes}) => ({
    owner: name,
    reach,
    todo: [question],
    undo: [],
    takesMs: takesMinutes * 60_000,
  }),
  timeoutMs: 24 * 3_600_000,
  check: async ({input: {question, details, owner: whom, takesMinutes}}) => ({
    kind: 'needs-answer',
    question,
    details: [...details, `Ask ${whom.name}: ${whom.reach} (about ${takesMinutes} min).`],
    output: {},
    wantsNote: true,
  }),
});
