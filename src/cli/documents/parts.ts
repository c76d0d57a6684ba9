import {z} from 'zod';

/** Nothing writes to what was printed: the types of the program's own data are read-only, too. */
export const list = <Item extends z.ZodType>(item: Item) => z.array(item).readonly();
export const texts = list(z.string());
export const time = z.iso.datetime();

/** The last document of a command has what to run next; empty where there is nothing to do. */
export const document = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject({
    ...shape,
    next: texts.describe('Commands to run next, the most likely one first'),
  });

export const hint = z
  .union([z.string(), z.strictObject({text: z.string(), command: z.string()})])
  .describe('What to do next; a command does not include the program name');

export const problem = z.strictObject({
  code: z.string().describe('Permanent: switcharoo explain CODE'),
  message: z.string(),
  hint,
});

export const problems = document({
  problems: list(problem),
  applied: texts.describe('Changes in place, in words'),
});
