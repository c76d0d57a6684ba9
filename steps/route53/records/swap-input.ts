import {z} from 'zod';
import {aliasInput} from './alias.ts';
import {identityOf} from './canonical.ts';
import {recordSet} from './record-set.ts';

const desiredSet = recordSet.omit({routing: true}).extend({
  alias: aliasInput.optional(),
});

export const swapInput = z.object({
  /**
   * The new records. Without `ttlSeconds` or `weight`, a set keeps those of its predecessor. A set of a new type gets
   * the TTL of the record at its name, 60 s at most.
   */
  sets: z
    .array(
      desiredSet.refine(({values = [], alias}) => values.length > 0 !== (alias !== undefined), {
        message: 'a set has either values or an alias',
      }),
    )
    .min(1)
    .refine((sets) => new Set(sets.map(identityOf)).size === sets.length, {
      message: 'a set is listed twice',
    }),
  /** Deleted in the same batch: a CNAME that an A replaces, an AAAA without a successor. */
  remove: z.array(z.object({name: z.string(), type: z.string()})).default([]),
  /**
   * How long resolvers keep the new records: their TTL. A reversal waits so long after it has restored the old ones, so
   * that nobody is sent to the new side any more when what follows closes it. 0: it does not wait.
   */
  cachedSeconds: z.coerce.number().int().nonnegative().max(900).default(0),
});

export type SwapInput = z.output<typeof swapInput>;
