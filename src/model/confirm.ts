import {z} from 'zod';
import {defineGate} from './step.ts';
import {needsAnswer} from './verdict.ts';

const input = z.object({question: z.string(), details: z.array(z.string())});
export type ConfirmInput = z.input<typeof input>;

/** The gate that a person opens. No look can tell what a person thinks, so it always asks. */
export const confirm = defineGate({
  name: 'operator.confirm',
  summary: 'Check that the operator answers yes.',
  targets: {},
  input,
  output: z.object({}),
  needs: {},
  timeoutMs: 24 * 3_600_000,
  neverSkip: 'Only a person can answer a confirmation.',
  check: async ({input: {question, details}}) => needsAnswer(question, {}, ...details),
});
