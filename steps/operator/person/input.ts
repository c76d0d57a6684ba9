import {z} from 'zod';

const text = z.string().trim().min(1);
const lines = z.array(text).min(1);

/** A person or a team, and how to reach them at night. */
export const owner = z.object({name: text, reach: text});
export type Owner = z.output<typeof owner>;

export const doneByHand = {
  /** In the imperative, for the plan and the question: `take web1 out of the load balancer`. */
  does: text,
  /** What to do, a line for each step. */
  todo: lines,
  owner,
  /** How long it is expected to take, in minutes. */
  takesMinutes: z.coerce.number().positive(),
};

export const undoneByHand = {
  /** In the imperative: `put web1 into the load balancer again`. */
  undoes: text,
  /** How to undo it, a line for each step. */
  undo: lines,
};

export const seen = {
  /** How long after a person's word the check may still see the earlier state. */
  seenWithinSeconds: z.coerce.number().nonnegative().default(120),
};
