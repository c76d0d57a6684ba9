import type {S3Client} from '@aws-sdk/client-s3';
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
