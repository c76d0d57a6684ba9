import {z} from 'zod';
import {journalEntry} from '../../model/journal.ts';
import {document, problem, texts} from './parts.ts';
import {forecast, longestOutage, loss, people, plan, reversal, reversePlan} from './plan.ts';

/** The engine tells a planned reversal, and the command line prints it again with its remarks and its forecast. */
const reversePlanned = z.strictObject({
  kind: z.literal('reverse-planned'),
  plan: reversePlan,
  losses: z.array(loss).readonly(),
  remarks: texts.optional(),
  forecast: reversal
    .optional()
    .describe('How long this reversal takes, or what is left of it, if it was measured'),
});

const saying = (kind: 'progress' | 'event') =>
  z.strictObject({kind: z.literal(kind), entry: z.string(), text: z.string()});

const planned = z.strictObject({
  kind: z.literal('planned'),
  plan,
  longestOutage: longestOutage.optional(),
  remarks: texts.optional(),
  people,
  forecast: forecast.optional(),
});

/** What a run prints while it runs, one a line. */
export const runLine = z.discriminatedUnion('kind', [
  planned,
  reversePlanned,
  z.strictObject({
    kind: z.literal('journaled'),
    entry: journalEntry(),
    head: z.string().describe('SHA-256 of this line of the journal'),
  }),
  saying('progress').describe('What an entry waits for'),
  saying('event').describe('What happened, printed once'),
  z.strictObject({kind: z.literal('warning'), problem}),
]);
export type RunLine = z.output<typeof runLine>;

export const taskEnded = document({
  kind: z.literal('task-ended'),
  run: z.string(),
  task: z.string().nullable(),
  exitCode: z.number().nullable(),
});
