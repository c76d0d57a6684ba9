import {SwitcharooError} from '../../../src/index.ts';
import type {BucketReader} from '../../s3/index.ts';
import {bucketText, type Place} from '../compare/place.ts';
import {isOf, markerIn, markerKey, markerText} from './marker.ts';

/** Nothing is copied over what the new side has written. */
export function bucketLeads(
  bucket: BucketReader,
  place: Place,
  text: string,
): readonly [reason: string, hint: string] {
  const marker = markerIn(text);
  const key = markerKey(place, 'leading');
  const remove = `If nobody needs what is there, remove the marker: aws s3 rm s3://BUCKET/${key}`;
  return marker
    ? [
        `The new side writes to ${bucketText(bucket, place)}: run ${marker.run}, entry ${marker.entry}, left the marker ${key} there and was not reversed.`,
        `Reverse that run, which copies back what was written since: switcharoo reverse ${marker.run}. ${remove}`,
      ]
    : [
        `The new side may write to ${bucketText(bucket, place)}: ${key} there is no marker that this version can read.`,
        `Check who wrote it. ${remove}`,
      ];
}

/** Right before a write: this process may have stood still since its look, and another run may have taken over. */
export async function refuseIfOtherLeads(
  bucket: BucketReader,
  place: Place,
  run: {readonly id: string; readonly entry: string},
  signal: AbortSignal,
): Promise<void> {
  const text = await markerText(bucket, place, 'leading', signal);
  const marker = markerIn(text);
  if (text !== null && !(marker && isOf(marker, run))) {
    const [message, hint] = bucketLeads(bucket, place, text);
    throw new SwitcharooError({code: 'documents-bucket-leads', message, hint});
  }
}
