import {z} from 'zod';

/** Something that a cutover's new side writes and reverse replication does not carry back. */
export interface AlsoWritten {
  /** "uploads in S3", "Redis sessions". */
  readonly what: string;
  /** What to do about it after a reversal, in the imperative. */
  readonly todo?: string;
}

/** A parameter with which an inventory declares them. */
export const alsoWritten = z
  .array(z.object({what: z.string().min(1), todo: z.string().min(1).exactOptional()}))
  .default([])
  .describe(
    'what the new side writes that a reversal does not carry back, and what to do about it',
  );

/** That a reversal leaves it, and what to do about that. */
export function notCarriedBack({what, todo}: AlsoWritten): string {
  const text = `A reversal does not carry back ${what}.`;
  return todo === undefined ? text : `${text} Afterwards, ${imperative(todo)}`;
}

/** In the middle of a sentence. A word in capitals, such as an SQL statement, stays as it is. */
const imperative = (todo: string): string =>
  `${todo.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase())}${/[.!?]$/.test(todo) ? '' : '.'}`;

/** Of which writes "lossless" speaks: a sentence or two. */
export function losslessScope(declared: readonly AlsoWritten[]): string {
  if (declared.length === 0) {
    return 'A lossless reversal covers the database and what entries copy back; no other writes are declared.';
  }
  const all = declared.map(({what, todo}) => (todo === undefined ? what : `${what} (${todo})`));
  return `A lossless reversal covers the database and what entries copy back. Not carried back: ${all.join('; ')}.`;
}
