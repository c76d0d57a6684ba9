import {z} from 'zod';
import {SwitcharooError} from '../../../src/index.ts';
import type {BucketReader, BucketWriter, StoredObject} from '../../s3/index.ts';
import {ownPrefix, type Place} from '../compare/place.ts';

/** What a run notes in the bucket beside the documents. S3 adds its time. */
const marker = z.object({
  run: z.string(),
  entry: z.string(),
  state: z.enum(['copied', 'leads']),
  copied: z.number().default(0),
});
type Marker = z.output<typeof marker>;

/** `synced`: what was copied last from the directory. `leading`: the bucket is the one that is written to. */
type MarkerName = 'synced' | 'leading';

export const markerKey = ({prefix}: Place, name: MarkerName): string =>
  `${ownPrefix}documents/${prefix}${name}.json`;

/** Its text; `null` where nobody has left it. */
export async function markerText(
  bucket: BucketReader,
  place: Place,
  name: MarkerName,
  signal: AbortSignal,
): Promise<string | null> {
  try {
    return Buffer.from(await bucket.read(markerKey(place, name), signal)).toString('utf8');
  } catch (error) {
    if (error instanceof SwitcharooError && error.problem.code === 's3-object-not-found') {
      return null;
    }
    throw error;
  }
}

/** `null` also for a text that is not of switcharoo. */
export function markerIn(text: string | null): Marker | null {
  try {
    return marker.parse(JSON.parse(text ?? ''));
  } catch {
    return null;
  }
}

export const isOf = (
  {run, entry}: Pick<Marker, 'run' | 'entry'>,
  look: {readonly id: string; readonly entry: string},
): boolean => run === look.id && entry === look.entry;

export const leaveMarker = (
  bucket: BucketWriter,
  place: Place,
  name: MarkerName,
  content: Marker,
  signal: AbortSignal,
): Promise<void> => bucket.write(markerKey(place, name), JSON.stringify(content), signal);

/** With the time at which it was left, by the clock of S3. */
export async function markerObject(
  bucket: BucketReader,
  place: Place,
  name: MarkerName,
  signal: AbortSignal,
): Promise<StoredObject | undefined> {
  const key = markerKey(place, name);
  return (await bucket.objects(key, signal)).find((object) => object.key === key);
}
