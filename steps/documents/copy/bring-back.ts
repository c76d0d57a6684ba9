import {setTimeout as sleep} from 'node:timers/promises';
import {type ReportProgress, SwitcharooError} from '../../../src/index.ts';
import type {HostWriter} from '../../hosts/index.ts';
import type {BucketReader, StoredObject} from '../../s3/index.ts';
import {bucketText, documentsIn, type Place} from '../compare/place.ts';
import {markerObject} from '../markers/marker.ts';
import {inBatches} from './batches.ts';
import {contentTypeOf} from './content-type.ts';
import {documentNamesRefused, documentsNotCopied, documentsStillWritten} from './problems.ts';

interface BringingBack {
  readonly host: HostWriter;
  readonly bucket: BucketReader;
  readonly place: Place;
  readonly signal: AbortSignal;
  readonly say: ReportProgress;
}

interface Newer extends StoredObject {
  readonly path: string;
}

const mostPasses = 5;
const mostFailedPasses = 2;
const pauseMs = 1_000;
const hashedAtOnce = 500;

/** Copies what was written to the bucket since it leads into the directory, until a look finds nothing new. */
export async function bringBack(back: BringingBack): Promise<void> {
  const {bucket, place, signal} = back;
  const from = bucketText(bucket, place);
  const brought = new Map<string, string>();
  let failedPasses = 0;
  let failed: readonly string[] = [];
  let newer: readonly Newer[] = [];
  for (let pass = 1; pass <= mostPasses; pass += 1) {
    newer = (await newerObjects(back)).filter(({key, etag}) => brought.get(key) !== etag);
    if (newer.length === 0) {
      return;
    }
    failed = await onePass(back, newer, brought);
    failedPasses += failed.length > 0 ? 1 : 0;
    if (failedPasses === mostFailedPasses) {
      throw new SwitcharooError(documentsNotCopied(from, failed));
    }
    await sleep(failed.length > 0 ? pauseMs : 0, undefined, {signal});
  }
  throw new SwitcharooError(
    documentsStillWritten(
      from,
      newer.map(({key}) => key),
    ),
  );
}

/** Both times are of the clock of S3. The last copy itself may have been in the same second: its content tells. */
async function newerObjects({host, bucket, place, signal, say}: BringingBack) {
  say(`reading the documents of ${bucket.name}`);
  const leading = await markerObject(bucket, place, 'leading', signal);
  if (!leading) {
    return [];
  }
  const since = (await documentsIn(bucket, place, signal))
    .filter(({modified}) => modified >= leading.modified)
    .map((object) => ({...object, path: object.key.slice(place.prefix.length)}));
  const refused = since.filter(({path}) => !isSafe(path));
  if (refused.length > 0) {
    const names = refused.map(({key}) => key);
    throw new SwitcharooError(documentNamesRefused(bucketText(bucket, place), names));
  }
  const newer: Newer[] = [];
  for (let from = 0; from < since.length; from += hashedAtOnce) {
    const some = since.slice(from, from + hashedAtOnce);
    const whole = ({path}: Newer) => `${place.directory}/${path}`;
    const hashes = await host.hashes(some.map(whole), 'md5', signal);
    newer.push(...some.filter((object) => hashes.get(whole(object)) !== object.etag));
  }
  return newer;
}

const isSafe = (path: string): boolean =>
  !path.includes('\0') && path.split('/').every((part) => !['', '.', '..'].includes(part));

async function onePass(
  {host, bucket, place, signal, say}: BringingBack,
  newer: readonly Newer[],
  brought: Map<string, string>,
): Promise<readonly string[]> {
  const failed: string[] = [];
  let count = 0;
  await inBatches(
    newer,
    async ({key, path}) => ({
      path: `${place.directory}/${path}`,
      url: await bucket.signedUrl('GET', key, signal),
      contentType: contentTypeOf(path),
    }),
    (transfers) => host.fetchFiles(transfers, signal),
    ({key, etag}, end) => {
      count += 1;
      say(`${count} of ${newer.length} documents copied back`);
      if (end.is === 'failed') {
        failed.push(`${key} (${end.why})`);
      } else if (end.is === 'moved') {
        brought.set(key, etag);
      }
    },
  );
  return failed;
}
