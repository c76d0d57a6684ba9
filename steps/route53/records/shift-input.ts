import {z} from 'zod';
import {aliasInput} from './alias.ts';
import {identityOf} from './canonical.ts';

export const shiftInput = z.object({
  /**
   * The share of the answers that lead to the new side. 0 and 100 leave one simple record, of the old or the new
   * side.
   */
  percent: z.coerce.number().int().min(0).max(100),
  /** The new side of each record. The old side is its present content, and both sides have its TTL. */
  records: z
    .array(
      z
        .object({
          name: z.string(),
          type: z.string(),
          values: z.array(z.string()).optional(),
          alias: aliasInput.optional(),
          healthCheckId: z.string().optional(),
        })
        .refine(({values = [], alias}) => values.length > 0 !== (alias !== undefined), {
          message: 'a record has either values or an alias',
        }),
    )
    .min(1)
    .refine((records) => new Set(records.map(identityOf)).size === records.length, {
      message: 'a record is listed twice',
    }),
  /** The set identifiers of the two sides while both answer. */
  oldIdentifier: z.string().min(1).max(128).default('old'),
  newIdentifier: z.string().min(1).max(128).default('new'),
});
export type ShiftInput = z.output<typeof shiftInput>;
