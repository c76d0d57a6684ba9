import {z} from 'zod';
import {
  type Action,
  blocked,
  defineStep,
  done,
  type Look,
  pending,
  type ReversalLoss,
} from '../../src/index.ts';
import {type HostReader, hostGroup} from '../hosts/index.ts';
import {s3Bucket} from '../s3/index.ts';
import {
  bucketText,
  directoryText,
  hostFor,
  hostNamed,
  obstacleAt,
  placeInput,
} from './compare/place.ts';
import {bringBack} from './copy/bring-back.ts';
import {sendChanged} from './copy/send.ts';
import {bucketLeads, refuseIfOtherLeads} from './markers/leading.ts';
import {
  isOf,
  leaveMarker,
  markerIn,
  markerKey,
  markerObject,
  markerText,
} from './markers/marker.ts';

const targets = {hosts: hostGroup, bucket: s3Bucket};
const input = placeInput.extend({
  /** What `documents.sync` returns: with it, a plan whose run makes the first copy itself is not blocked. */
  copied: z.number().optional(),
});

type LastLook = Look<typeof targets, z.output<typeof input>>;
type LastAction = Action<typeof targets>;

/** The last copy, in the cutover: nobody writes to the directory any more. From here on the bucket is in charge. */
export const syncLastDocuments = defineStep({
  name: 'documents.sync-last',
  summary:
    'Copy the last changes of the documents to S3, once nothing writes to the directory any more.',
  targets,
  input,
  before: z.object({leads: z.literal('directory')}),
  output: z.object({}),
  reverses:
    'Copies what the new side has written to the bucket since then back into the directory. Documents that the new side has deleted stay in the directory.',
  needs: {
    hosts: ['to read and write the directory', 'curl, and network access to the S3 endpoint'],
    bucket: ['s3:ListBucket', 's3:GetObject', 's3:PutObject', 's3:DeleteObject (its own marker)'],
  },
  effects: [],
  neverSkip: 'Without the last copy, the new side lacks every document since the copy before it.',
  timeoutMs: 60 * 60_000,

  async check(look) {
    const {
      input: place,
      targets: {hosts, bucket},
      run,
      signal,
    } = look;
    const host = hostFor(hosts, place);
    if ('reason' in host) {
      return host;
    }
    const [leading, synced] = await Promise.all([
      markerText(bucket, place, 'leading', signal),
      markerText(bucket, place, 'synced', signal),
    ]);
    const leader = markerIn(leading);
    if (leader && isOf(leader, run)) {
      return done({});
    }
    if (leading !== null) {
      return blocked(...bucketLeads(bucket, place, leading));
    }
    if (synced === null) {
      return blocked(
        `No documents.sync has copied ${directoryText(host, place)} to ${bucketText(bucket, place)} yet: this entry would have to copy everything during the outage.`,
        'Run documents.sync first: days before the cutover, and again on the evening before it.',
      );
    }
    return (
      (await obstacleAt(host, place, signal)) ??
      pending(
        {leads: 'directory' as const},
        {what: 'documents', is: directoryText(host, place), shouldBe: bucketText(bucket, place)},
      )
    );
  },

  async plan(look) {
    const host = hostFor(look.targets.hosts, look.input);
    return 'reason' in host ? [] : [copying(look, host), leading(look)];
  },

  async reverse(look) {
    const {
      input: place,
      targets: {hosts, bucket},
      run,
      signal,
    } = look;
    const host = hostFor(hosts, place);
    if ('reason' in host) {
      return host;
    }
    const text = await markerText(bucket, place, 'leading', signal);
    if (text === null) {
      return [];
    }
    const marker = markerIn(text);
    if (!marker || !isOf(marker, run)) {
      return blocked(...bucketLeads(bucket, place, text));
    }
    return (await obstacleAt(host, place, signal)) ?? [bringingBack(look, host), ending(look)];
  },

  async reversalLoss({input: place, targets: {hosts, bucket}, run, signal}): Promise<ReversalLoss> {
    const host = hostFor(hosts, place);
    const obstacle = 'reason' in host ? host : await obstacleAt(host, place, signal);
    if (obstacle) {
      return {lossless: false, because: [`Documents cannot be copied back: ${obstacle.reason}`]};
    }
    const [text, marker] = await Promise.all([
      markerText(bucket, place, 'leading', signal),
      markerObject(bucket, place, 'leading', signal),
    ]);
    if (marker === undefined || !isOfRun(text, run)) {
      return {
        lossless: false,
        because: [
          `The marker of this run, ${markerKey(place, 'leading')}, is not in ${bucket.name}: what was written there since is not known, and nothing is copied back.`,
        ],
      };
    }
    return {
      lossless: true,
      because: [
        `The reversal copies back what was written to ${bucketText(bucket, place)} since ${marker.modified.toISOString()}. Documents that were deleted there exist again after it.`,
      ],
    };
  },
});

const copying = ({input: place, run}: LastLook, host: HostReader): LastAction => ({
  on: 'bucket',
  does: `copy the last changes of ${directoryText(host, place)}, with curl on ${host.name}`,
  perform: async (bucket, signal, say) => {
    signal.throwIfAborted();
    await refuseIfOtherLeads(bucket, place, run, signal);
    await sendChanged({host, bucket, place, last: true, signal, say});
  },
});

const leading = ({input: place, run}: LastLook): LastAction => ({
  on: 'bucket',
  does: `record in ${markerKey(place, 'leading')} that the new side writes here from now on`,
  perform: async (bucket, signal) => {
    signal.throwIfAborted();
    await refuseIfOtherLeads(bucket, place, run, signal);
    const marker = {run: run.id, entry: run.entry, state: 'leads' as const, copied: 0};
    // A second time would make it newer, and hide what was written in between.
    if (!isOfRun(await markerText(bucket, place, 'leading', signal), run)) {
      await leaveMarker(bucket, place, 'leading', marker, signal);
    }
  },
});

const isOfRun = (text: string | null, run: LastLook['run']): boolean => {
  const marker = markerIn(text);
  return marker !== null && isOf(marker, run);
};

const bringingBack = (
  {input: place, targets: {bucket}, run}: LastLook,
  {name}: HostReader,
): LastAction => ({
  on: 'hosts',
  does: `copy what was written to ${bucketText(bucket, place)} since then back into ${name}:${place.directory}, with curl`,
  perform: async (hosts, signal, say) => {
    signal.throwIfAborted();
    await refuseIfOtherLeads(bucket, place, run, signal);
    await bringBack({host: hostNamed(hosts, name), bucket, place, signal, say});
  },
});

const ending = ({input: place, run}: LastLook): LastAction => ({
  on: 'bucket',
  does: `remove ${markerKey(place, 'leading')}: the directory is in charge again`,
  perform: async (bucket, signal) => {
    signal.throwIfAborted();
    await refuseIfOtherLeads(bucket, place, run, signal);
    await bucket.remove(markerKey(place, 'leading'), signal);
  },
});
