import {setTimeout as sleep} from 'node:timers/promises';
import {type ReportProgress, SwitcharooError} from '../../../src/index.ts';
import type {HostReader, TreeFile} from '../../hosts/index.ts';
import type {BucketWriter} from '../../s3/index.ts';
import {changedFiles} from '../compare/delta.ts';
import {directoryText, documentsIn, type Place} from '../compare/place.ts';
import {inBatches} from './batches.ts';
import {contentTypeOf} from './content-type.ts';
import {
  documentNamesRefused,
  documentsNotCopied,
  documentsStillWritten,
  documentsTooLarge,
} from './problems.ts';

interface Sending {
  readonly host: HostReader;
  readonly bucket: BucketWriter;
  readonly place: Place;
  /** Whether it must find nothing new in the end: nobody writes to the directory any more. */
  readonly last: boolean;
  readonly signal: AbortSignal;
  readonly say: ReportProgress;
}

const mostPasses = 5;
/** A refusal that is not over a second later needs a person. */
const mostFailedPasses = 2;
const pauseMs = 1_000;
/** One request puts no more (Amazon S3 user guide, "Uploading objects"). */
const largestBytes = 5 * 1024 ** 3;

/** Copies what the bucket does not have as it is now, pass by pass; how many documents were copied. */
export async function sendChanged(sending: Sending): Promise<number> {
  const {host, place, last, signal} = sending;
  const from = directoryText(host, place);
  const sent = new Map<string, number>();
  let failedPasses = 0;
  let failed: readonly string[] = [];
  let changed: readonly TreeFile[] = [];
  for (let pass = 1; pass <= mostPasses; pass += 1) {
    changed = (await changedNow(sending)).filter((file) => sent.get(file.path) !== file.changedMs);
    if (changed.length === 0) {
      return sent.size;
    }
    failed = await onePass(sending, changed, sent);
    failedPasses += failed.length > 0 ? 1 : 0;
    if (failedPasses === mostFailedPasses) {
      throw new SwitcharooError(documentsNotCopied(from, failed));
    }
    if (!last && failed.length === 0) {
      // What changes meanwhile is found by the next copy.
      return sent.size;
    }
    await sleep(failed.length > 0 ? pauseMs : 0, undefined, {signal});
  }
  throw new SwitcharooError(
    documentsStillWritten(
      from,
      changed.map(({path}) => path),
    ),
  );
}

async function changedNow({host, bucket, place, signal, say}: Sending) {
  const nowMs = bucket.now().getTime();
  say(`reading the documents of ${host.name} and ${bucket.name}`);
  const [tree, objects] = await Promise.all([
    host.tree(place.directory, signal),
    documentsIn(bucket, place, signal),
  ]);
  const from = directoryText(host, place);
  if (!tree) {
    throw new SwitcharooError(
      documentsNotCopied(from, [`${place.directory} (the directory is gone)`]),
    );
  }
  const aheadMs = nowMs - tree.nowMs;
  if (tree.unreadable.length > 0) {
    throw new SwitcharooError(documentNamesRefused(from, tree.unreadable));
  }
  const changed = changedFiles(tree, objects, place.prefix, aheadMs);
  const large = changed.filter(({bytes}) => bytes > largestBytes);
  if (large.length > 0) {
    throw new SwitcharooError(
      documentsTooLarge(
        from,
        large.map(({path}) => path),
      ),
    );
  }
  return changed;
}

/** What could not be copied, with why. */
async function onePass(
  {host, bucket, place, signal, say}: Sending,
  files: readonly TreeFile[],
  sent: Map<string, number>,
): Promise<readonly string[]> {
  const failed: string[] = [];
  let count = 0;
  await inBatches(
    files,
    async ({path}) => ({
      path: `${place.directory}/${path}`,
      url: await bucket.signedUrl('PUT', `${place.prefix}${path}`, signal),
      contentType: contentTypeOf(path),
    }),
    (transfers) => host.sendFiles(transfers, signal),
    (file, end) => {
      count += 1;
      say(`${count} of ${files.length} documents copied`);
      if (end.is === 'moved') {
        sent.set(file.path, file.changedMs);
      } else if (end.is === 'failed') {
        failed.push(`${file.path} (${end.why})`);
      }
    },
  );
  return failed;
}
