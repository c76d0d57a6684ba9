import type {ListObjectVersionsCommandOutput, S3Client} from '@aws-sdk/client-s3';
import type {ObjectHistory} from '../../../src/index.ts';
import type {AwsClients} from '../../aws/index.ts';

type Clients = AwsClients<typeof import('@aws-sdk/client-s3'), S3Client>;

export async function keepsVersions(
  {sdk, reading}: Clients,
  bucket: string,
  abortSignal: AbortSignal,
): Promise<boolean> {
  const command = new sdk.GetBucketVersioningCommand({Bucket: bucket});
  const {Status} = await reading.send(command, {abortSignal});
  return Status === 'Enabled';
}

/** For how long Object Lock keeps a new object, in words; `null` where it keeps none. */
export async function retentionOf(
  {sdk, reading}: Clients,
  bucket: string,
  abortSignal: AbortSignal,
): Promise<string | null> {
  const command = new sdk.GetObjectLockConfigurationCommand({Bucket: bucket});
  try {
    const {ObjectLockConfiguration} = await reading.send(command, {abortSignal});
    const {Mode, Days, Years} = ObjectLockConfiguration?.Rule?.DefaultRetention ?? {};
    return Mode === undefined ? null : `${Mode}, ${Days ? `${Days} days` : `${Years} years`}`;
  } catch (error) {
    if (error instanceof Error && error.name === 'ObjectLockConfigurationNotFoundError') {
      return null;
    }
    throw error;
  }
}

/** Of each key that was ever written, in order: what is there of it, replaced and deleted objects included. */
export async function historyOf(
  {sdk, reading}: Clients,
  bucket: string,
  prefix: string,
  abortSignal: AbortSignal,
): Promise<readonly ObjectHistory[]> {
  const histories = new Map<string, {versions: number; deletions: number; isKept: boolean}>();
  const of = (key: string) => {
    const history = histories.get(key) ?? {versions: 0, deletions: 0, isKept: true};
    histories.set(key, history);
    return history;
  };
  // The SDK has no paginator for this operation.
  let next: {KeyMarker?: string | undefined; VersionIdMarker?: string | undefined} | undefined = {};
  while (next) {
    const request = {Bucket: bucket, Prefix: prefix, ...next};
    const page: ListObjectVersionsCommandOutput = await reading.send(
      new sdk.ListObjectVersionsCommand(request),
      {abortSignal},
    );
    for (const {Key = '', VersionId} of page.Versions ?? []) {
      of(Key).versions += 1;
      // An object that was written while the bucket kept no versions (User Guide, "Using versioning").
      of(Key).isKept &&= VersionId !== 'null';
    }
    for (const {Key = ''} of page.DeleteMarkers ?? []) {
      of(Key).deletions += 1;
    }
    const {NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker} = page;
    next = page.IsTruncated && KeyMarker !== undefined ? {KeyMarker, VersionIdMarker} : undefined;
  }
  return [...histories].map(([key, history]) => ({key, ...history}));
}
