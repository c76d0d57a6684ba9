import {z} from 'zod';
import type {RedisReader, RedisWriter} from '../contract.ts';
import {ownPrefix} from '../scope/scope.ts';

/**
 * What a run notes in the database of the new side. `copying`: it has copied a part. `leads`: the new side is the one
 * that is written to. `returned`: the old side has all of it again, and the rest here is to be removed.
 */
const marker = z.object({
  run: z.string(),
  entry: z.string(),
  state: z.enum(['copying', 'leads', 'returned']),
  copied: z.number().default(0),
  dropped: z.number().default(0),
  /** Of the server when the copy was done: what it evicts later cannot be told from what was deleted. */
  runId: z.string().default(''),
  evicted: z.number().default(0),
});
export type Marker = z.output<typeof marker>;

export const markerKey = `${ownPrefix}redis.copy-keys`;

/** `foreign` for a text that is not of switcharoo. */
export async function markerIn(
  redis: RedisReader,
  signal: AbortSignal,
): Promise<Marker | 'foreign' | null> {
  const text = await redis.text(markerKey, signal);
  if (text === null) {
    return null;
  }
  try {
    return marker.parse(JSON.parse(text));
  } catch {
    return 'foreign';
  }
}

export const isOf = (
  {run, entry}: Pick<Marker, 'run' | 'entry'>,
  look: {readonly id: string; readonly entry: string},
): boolean => run === look.id && entry === look.entry;

export const leaveMarker = (
  redis: RedisWriter,
  content: Marker,
  signal: AbortSignal,
): Promise<void> => redis.setText(markerKey, JSON.stringify(content), signal);

/** How many keys the server has evicted since the copy. A restart begins to count again. */
export async function evictedSince(
  redis: RedisReader,
  {runId, evicted}: Marker,
  signal: AbortSignal,
): Promise<number> {
  const facts = await redis.facts(signal);
  return facts.runId === runId ? facts.evicted - evicted : facts.evicted;
}
