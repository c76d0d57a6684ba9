import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import {proxyAgent, SwitcharooError} from '../../../src/index.ts';
import {AwsClock} from './clock.ts';
import type {AwsConfig} from './config.ts';
import {credentialsNotGiven} from './credentials-problems.ts';
import {regionOf} from './region.ts';

/** Keys of AWS as the SDK has them. */
export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** AWS's time. */
  readonly expiration?: Date;
}

/** What an SDK client takes: it asks before each request, and `forceRefresh` where AWS says that they are over. */
export interface Provider {
  (options?: {readonly forceRefresh?: boolean}): Promise<Keys>;
  /** The SDK remembers nothing of its own then, and goes by no clock of its own. */
  readonly memoized: true;
}

type Source = () => Promise<Keys>;

/** Renewed so long before their end: the SDK's own figure. */
const renewBeforeMs = 5 * 60_000;
const codeTimeoutMs = 30_000;
const run = promisify(execFile);

const providers = new Map<string, Provider>();

/**
 * The credentials that the settings name. Targets with the same settings share them, so that a role is assumed, and a
 * code used, once. `undefined`: the SDK's own chain.
 */
export function credentialsOf(config: AwsConfig): Keys | Provider | undefined {
  const {profile, assumeRole, mfa, credentials, endpoint, endpoints} = config;
  if (profile === undefined && assumeRole === undefined && mfa === undefined) {
    return credentials && definedKeys(credentials);
  }
  const key = JSON.stringify([
    [profile, assumeRole, mfa?.serial, credentials?.accessKeyId],
    [endpoint, endpoints?.['sts']],
  ]);
  const provider = providers.get(key) ?? renewed(sourceOf(config), new AwsClock(endpoint));
  providers.set(key, provider);
  return provider;
}

/** Of the SDK's own chain, as its requests have shown. */
let chainLastsUntil: Date | undefined;

/** Remembers until when the keys of a client last, where they are those of the SDK's own chain. */
export function noteKeys(config: AwsConfig, {expiration}: Pick<Keys, 'expiration'>): void {
  if (credentialsOf(config) === undefined) {
    chainLastsUntil = expiration;
  }
}

/** Until when the keys are good, by AWS's time; `undefined` where they do not end, or nobody knows. */
export async function lastUntil(config: AwsConfig): Promise<Date | undefined> {
  const credentials = credentialsOf(config);
  if (credentials === undefined) {
    return chainLastsUntil;
  }
  return typeof credentials === 'function' ? (await credentials()).expiration : undefined;
}

/** Keeps keys, and renews them before their end. While they are good, a renewal that fails is no failure. */
function renewed(source: Source, clock: AwsClock): Provider {
  let current: Keys | undefined;
  let asking: Promise<Keys> | undefined;
  const ask = () => {
    asking ??= source().finally(() => {
      asking = undefined;
    });
    return asking;
  };
  const leftMs = ({expiration}: Keys): number =>
    expiration === undefined ? Number.POSITIVE_INFINITY : clock.msUntil(expiration);
  const provide = async ({forceRefresh = false}: {readonly forceRefresh?: boolean} = {}) => {
    const kept = current;
    if (kept && !forceRefresh && leftMs(kept) > renewBeforeMs) {
      return kept;
    }
    const isUsable = kept !== undefined && !forceRefresh && leftMs(kept) > 0;
    current = await ask().catch((error: unknown) => {
      if (isUsable) {
        return kept;
      }
      throw error;
    });
    return current;
  };
  return Object.assign(provide, {memoized: true as const});
}

/** Where the keys come from: a profile or the SDK's chain, and a role on top. */
function sourceOf(config: AwsConfig): Source {
  const {profile, assumeRole, mfa, credentials} = config;
  return async () => {
    const {fromIni, fromNodeProviderChain, fromTemporaryCredentials} = await import(
      '@aws-sdk/credential-providers'
    );
    const sts = await stsSettings(config);
    const init = await providerSettings(config, sts);
    const base = credentials
      ? async () => definedKeys(credentials)
      : profile === undefined
        ? fromNodeProviderChain(init)
        : fromIni({...init, profile});
    if (!assumeRole) {
      return given(config, base);
    }
    const {arn, externalId, sessionName, durationSeconds} = assumeRole;
    return given(
      config,
      fromTemporaryCredentials({
        clientConfig: sts,
        mfaCodeProvider: init.mfaCodeProvider,
        masterCredentials: base,
        params: {
          RoleArn: arn,
          RoleSessionName: sessionName,
          DurationSeconds: durationSeconds,
          ...(externalId === undefined ? {} : {ExternalId: externalId}),
          ...(mfa?.serial === undefined ? {} : {SerialNumber: mfa.serial}),
        },
      }),
    );
  };
}

/**
 * STS is asked in the target's region and at its endpoint. IAM Identity Center has a region of its own, in the profile
 * (`sso_region`), which the SDK takes only where the settings of its clients name none.
 */
async function providerSettings(config: AwsConfig, sts: Awaited<ReturnType<typeof stsSettings>>) {
  const {getDefaultRoleAssumer, getDefaultRoleAssumerWithWebIdentity} = await import(
    '@aws-sdk/client-sts'
  );
  return {
    clientConfig: {requestHandler: sts.requestHandler},
    roleAssumer: getDefaultRoleAssumer(sts),
    roleAssumerWithWebIdentity: getDefaultRoleAssumerWithWebIdentity(sts),
    mfaCodeProvider: codeOf(config),
  };
}

async function stsSettings(config: AwsConfig) {
  const endpoint = config.endpoints?.['sts'] ?? config.endpoint;
  const agent = await proxyAgent({keepAlive: false});
  return {
    region: await regionOf(config),
    ...(endpoint === undefined ? {} : {endpoint}),
    requestHandler: {
      ...{connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true},
      ...(agent === undefined ? {} : {httpAgent: agent, httpsAgent: agent}),
    },
  };
}

const codeOf =
  ({mfa}: AwsConfig) =>
  async (serial: string): Promise<string> => {
    const [program, ...args] = mfa?.command ?? [];
    if (program !== undefined) {
      const {stdout} = await run(program, args, {timeout: codeTimeoutMs});
      return stdout.trim();
    }
    if (mfa?.code === undefined) {
      throw new Error(`no code of the device ${serial} is given (mfa)`);
    }
    return mfa.code;
  };

/** A refusal names the profile or the role; a lost connection is what it is with any other call. */
async function given(config: AwsConfig, source: Source): Promise<Keys> {
  try {
    return await source();
  } catch (cause) {
    const isLost = cause instanceof Error && 'code' in cause && !('$fault' in cause);
    throw isLost || !(cause instanceof Error)
      ? cause
      : new SwitcharooError(credentialsNotGiven(config, cause.message), {cause});
  }
}

const definedKeys = ({
  accessKeyId,
  secretAccessKey,
  sessionToken,
}: NonNullable<AwsConfig['credentials']>): Keys =>
  sessionToken === undefined
    ? {accessKeyId, secretAccessKey}
    : {accessKeyId, secretAccessKey, sessionToken};
