import {z} from 'zod';
import {blocked, defineStep, done, pending} from '../../src/index.ts';
import {hostGroup} from '../hosts/index.ts';
import {s3Bucket} from '../s3/index.ts';
import {bucketText, directoryText, hostFor, obstacleAt, placeInput} from './compare/place.ts';
import {sendChanged} from './copy/send.ts';
import {bucketLeads, refuseIfOtherLeads} from './markers/leading.ts';
import {isOf, leaveMarker, markerIn, markerKey, markerText} from './markers/marker.ts';

/** Copies documents to S3 days before the cutover. */
export const syncDocuments = defineStep({
  name: 'documents.sync',
  summary: 'Copy the documents of a host to an S3 bucket, while visitors still write them.',
  targets: {hosts: hostGroup, bucket: s3Bucket},
  input: placeInput,
  /** What an earlier copy has left as its marker. */
  before: z.object({marker: z.string().nullable()}),
  output: z.object({copied: z.number()}),
  reverses:
    'Removes the marker of this copy, or restores the earlier one. The copied documents stay in the bucket: the next copy continues from them.',
  needs: {
    hosts: ['to read the directory', 'curl, and network access to the S3 endpoint'],
    bucket: ['s3:ListBucket', 's3:GetObject', 's3:PutObject', 's3:DeleteObject (its own marker)'],
  },
  effects: [],
  neverSkip:
    'Without this copy, documents.sync-last would have to copy everything during the outage.',
  timeoutMs: 3 * 24 * 60 * 60_000,

  async check({input, targets: {hosts, bucket}, run, signal}) {
    const host = hostFor(hosts, input);
    if ('reason' in host) {
      return host;
    }
    const [obstacle, leading, text] = await Promise.all([
      obstacleAt(host, input, signal),
      markerText(bucket, input, 'leading', signal),
      markerText(bucket, input, 'synced', signal),
    ]);
    const marker = markerIn(text);
    if (marker && isOf(marker, run)) {
      return done({copied: marker.copied});
    }
    if (leading !== null) {
      return blocked(...bucketLeads(bucket, input, leading));
    }
    if (obstacle) {
      return obstacle;
    }
    return pending(
      {marker: text},
      {
        what: directoryText(host, input),
        is: marker === null ? 'not copied' : `copied by run ${marker.run}`,
        shouldBe: `in ${bucketText(bucket, input)} as it is now`,
      },
    );
  },

  async plan({input, targets: {hosts}, run: {id, entry}}) {
    const host = hostFor(hosts, input);
    if ('reason' in host) {
      return [];
    }
    const mark = {id, entry};
    return [
      {
        on: 'bucket',
        does: `copy each new or changed document of ${directoryText(host, input)}, with curl on ${host.name}`,
        perform: async (bucket, signal, say) => {
          signal.throwIfAborted();
          await refuseIfOtherLeads(bucket, input, mark, signal);
          const sending = {host, bucket, place: input, last: false, signal, say};
          const copied = await sendChanged(sending);
          const ended = {run: id, entry, state: 'copied' as const, copied};
          await leaveMarker(bucket, input, 'synced', ended, signal);
        },
      },
    ];
  },

  async reverse({input, targets: {bucket}, signal}, {marker}) {
    if ((await markerText(bucket, input, 'synced', signal)) === marker) {
      return [];
    }
    const key = markerKey(input, 'synced');
    return [
      {
        on: 'bucket',
        does: marker === null ? `remove the marker ${key}` : `restore the earlier marker ${key}`,
        perform: async (writer, stop) => {
          stop.throwIfAborted();
          await (marker === null ? writer.remove(key, stop) : writer.write(key, marker, stop));
        },
      },
    ];
  },
});
