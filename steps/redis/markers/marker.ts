import {z} from 'zod';
import type {RedisReader, RedisWriter} from '../contract.ts';
import {ownPrefix} from '../scope/scope.ts';
import {keyCount} from '../server/key-text.ts';

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
  /** Of the server when the copy was done: what it loses later cannot be told from what was deleted. */
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

/** The note, where this entry of this run has left it. */
export const ownOf = (
  noted: Marker | 'foreign' | null,
  {id, entry}: {readonly id: string; readonly entry: string},
): Marker | undefined =>
  noted !== null && noted !== 'foreign' && noted.run === id && noted.entry === entry
    ? noted
    : undefined;

export const leaveMarker = (
  redis: RedisWriter,
  content: Marker,
  signal: AbortSignal,
): Promise<void> => redis.setText(markerKey, JSON.stringify(content), signal);

/** Why a key that the new side lacks may be one that nobody deleted; `null` where it was deleted. */
export async function lostWithoutDeletion(
  redis: RedisReader,
  {runId, evicted: before}: Marker,
  signal: AbortSignal,
): Promise<string | null> {
  const facts = await redis.facts(signal);
  if (facts.runId !== runId) {
    return `${redis.name} has restarted or failed over since the copy, and may have lost its last writes`;
  }
  const evicted = facts.evicted - before;
  return evicted > 0
    ? `${redis.name} has evicted ${keyCount(evicted)} since the copy, because its memory was full`
    : null;
}
