import {z} from 'zod';

/** Databases of Redis that move: keys, sessions and queues. A reversal copies back what the new side writes. */
export const redis = z.object({
  redis: z
    .array(
      z.object({
        /** Two targets of the kind `redis`. */
        old: z.string(),
        new: z.string(),
        /** Prefixes of the keys that are copied; all keys without it. */
        keep: z.array(z.string()).optional(),
        /** Prefixes of keys that are deliberately not copied: `['session:']` logs every visitor out. */
        drop: z.array(z.string()).optional(),
        /** Of how many keys the content is compared; of all without it. */
        sample: z.union([z.coerce.number().int().positive(), z.literal('all')]).optional(),
        /** `false`: a reversal leaves the old side as it was at the copy. */
        bringBack: z.boolean().optional(),
      }),
    )
    .default([]),
});
type Redis = z.output<typeof redis>;
type Database = Redis['redis'][number];

/** A group with an entry for each database. */
export const redisOf = (title: string) => ({
  title,
  of: ({redis: all}: Redis) => all,
  name: (database: Database) => database.new,
});

const sidesOf = (database: Database) => ({source: database.old, target: database.new});

const scopeOf = ({keep, drop}: Database) => ({
  ...(keep === undefined ? {} : {keep}),
  ...(drop === undefined ? {} : {drop}),
});

/** Nothing writes to the old side any more. */
export const keysOf = (database: Database) => ({
  requires: ['stop-web', 'stop-crons', 'stop-consumers'] as const,
  on: sidesOf(database),
  input: () => ({
    ...scopeOf(database),
    ...(database.bringBack === undefined ? {} : {bringBack: database.bringBack}),
  }),
});

export const keysEqualOf = (database: Database) => ({
  requires: ['redis'] as const,
  on: sidesOf(database),
  input: () => ({
    ...scopeOf(database),
    ...(database.sample === undefined ? {} : {sample: database.sample}),
  }),
});
