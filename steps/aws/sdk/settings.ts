import type {AwsConfig} from './config.ts';
import {credentialsOf, type Keys, type Provider} from './credentials.ts';
import {regionOf} from './region.ts';

const connectionTimeoutMs = 3_000;
const writeTimeoutMs = 15_000;
// Six unanswered reads, and the pauses between them, fit into the 30 s of one check: then the error names the call.
const readTimeoutMs = 4_000;

/** What a read may take: IAM's simulation and CloudWatch answer late, and are not unreachable then. */
export type Pace = 'usual' | 'slow';
const slowReadTimeoutMs = 14_000;

/**
 * Settings for an SDK client that may only read. The SDK has no time limit of its own
 * (`DEFAULT_REQUEST_TIMEOUT = 0`) and stops retrying a throttled call after about 1.5 s.
 */
export function readingClient(config: AwsConfig, pace: Pace = 'usual') {
  const timeoutMs = pace === 'slow' ? slowReadTimeoutMs : readTimeoutMs;
  return {...clientSettings(config, timeoutMs), maxAttempts: 6};
}

/** `kept`: for writes whose outcome the caller can tell by a look, and that are waited for again and again. */
export type Connections = 'one-each' | 'kept';

/**
 * Settings for an SDK client that writes: one attempt, on a connection of its own. A write without an answer has an
 * unknown outcome, and only a check can tell; the SDK would send it again. A connection that was kept open may be
 * closed by the other end as idle while the write is on its way (Node.js documentation, `request.reusedSocket`).
 */
export function writingClient(config: AwsConfig, connections: Connections = 'one-each') {
  const {requestHandler, ...settings} = clientSettings(config, writeTimeoutMs);
  if (connections === 'kept') {
    return {...settings, maxAttempts: 1, requestHandler};
  }
  const once = {httpAgent: {keepAlive: false}, httpsAgent: {keepAlive: false}};
  return {...settings, maxAttempts: 1, requestHandler: {...requestHandler, ...once}};
}

function clientSettings(config: AwsConfig, requestTimeout: number) {
  const {profile, endpoint} = config;
  const credentials: Keys | Provider | undefined = credentialsOf(config);
  return {
    region: () => regionOf(config),
    ...(profile === undefined ? {} : {profile}),
    ...(endpoint === undefined ? {} : {endpoint}),
    ...(credentials === undefined ? {} : {credentials}),
    requestHandler: {
      connectionTimeout: connectionTimeoutMs,
      requestTimeout,
      throwOnRequestTimeout: true,
    },
  };
}
