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
  const {run = 'somebody', entry = ''} = markerIn(text) ?? {};
  const by = entry === '' ? run : `run ${run}, entry ${entry}`;
  return [
    `The new side writes to ${bucketText(bucket, place)}: ${by} left ${markerKey(place, 'leading')} there and did not reverse it.`,
    `Reverse that run: it copies back what was written since. If nothing there is needed, remove the marker yourself with aws s3 rm.`,
  ];
}

/** Right before a write: this process may have stood still since its look, and another run may have come to lead. */
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
