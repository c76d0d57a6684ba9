import type {BucketReader} from '../../s3/index.ts';
import {bucketText, type Place} from '../compare/place.ts';
import {markerIn, markerKey} from './marker.ts';

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
