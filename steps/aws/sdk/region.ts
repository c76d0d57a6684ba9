import {env} from 'node:process';
import {loadSharedConfigFiles} from '@smithy/core/config';
import type {AwsConfig} from './config.ts';

/** Where nobody says otherwise. Services without regions (Route 53, IAM) sign with it. */
const fallback = 'us-east-1';

/** What the target says, else its profile, else the environment, else the default profile. */
export async function regionOf({
  region,
  profile,
}: Pick<AwsConfig, 'region' | 'profile'>): Promise<string> {
  return (
    region ??
    (profile && (await regionOfProfile(profile))) ??
    (env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || undefined) ??
    (await regionOfProfile(env['AWS_PROFILE'] || 'default')) ??
    fallback
  );
}

/** A missing file is an empty one for the SDK. */
async function regionOfProfile(profile: string): Promise<string | undefined> {
  const {configFile, credentialsFile} = await loadSharedConfigFiles();
  return configFile[profile]?.['region'] ?? credentialsFile[profile]?.['region'];
}
