import {z} from 'zod';
import {confirm} from './confirm.ts';
import {type AnyUnit, defineGate} from './step.ts';

const hourMs = 3_600_000;
/** How long an approval counts, where the runbook does not say. */
export const defaultValidForMs = 12 * hourMs;

const input = z.object({
  question: z.string(),
  details: z.array(z.string()),
  by: z.string(),
  of: z.number().int().positive(),
  validForMs: z.number().positive(),
});
export type ApproveInput = z.input<typeof input>;

/** The gate that other people open, each from a machine of their own, and never the operator. */
export const approve = defineGate({
  name: 'operator.approve',
  summary: 'Wait until other people have approved the plan.',
  targets: {},
  input,
  output: z.object({}),
  needs: {},
  timeoutMs: 24 * hourMs,
  neverSkip: 'Only members of its group can approve, never the operator.',
  check: async ({input: {question, details, by, of, validForMs}}) => ({
    ...{kind: 'needs-answer', question, details, output: {}, byPerson: true},
    approval: {by, of, validForMs},
  }),
});

/** Whether a person opens this gate, here or elsewhere. */
export const isOpenedByPerson = (unit: AnyUnit): boolean => unit === confirm || unit === approve;

/** The same by its name, as journals and plans have it. */
export const opensByPerson = (unit: string): boolean =>
  unit === confirm.name || unit === approve.name;
