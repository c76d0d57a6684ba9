import type {Route53Client} from '@aws-sdk/client-route-53';
import {type AwsClients, awsClients, type LazyAwsClients} from '../../aws/index.ts';
import type {HostedZoneConfig} from '../contract.ts';
import {rateLimitOf} from './rate-limit.ts';

type Sdk = typeof import('@aws-sdk/client-route-53');
export type Clients = AwsClients<Sdk, Route53Client>;

/** Clients that share the rate limit of the account. */
export function route53Clients({
  requestsPerSecond,
  ...aws
}: Omit<HostedZoneConfig, 'zoneId'>): LazyAwsClients<Sdk, Route53Client> {
  const turn = rateLimitOf(aws.endpoint ?? 'aws');
  const limited = (client: Route53Client): Route53Client => {
    const handler = client.config.requestHandler;
    const handle = handler.handle.bind(handler);
    // The handler runs once per attempt of the SDK: each attempt waits its turn, outside of the SDK's time limit.
    handler.handle = async (request, options) => {
      // The SDK passes on the signal that `send` got.
      const {abortSignal} = (options ?? {}) as {abortSignal?: AbortSignal};
      await turn(requestsPerSecond, abortSignal);
      return handle(request, options);
    };
    return client;
  };
  return awsClients(
    aws,
    () => import('@aws-sdk/client-route-53'),
    (sdk, settings) => limited(new sdk.Route53Client(settings)),
    // A batch is sent again by its step, which compares the records before.
    {writes: 'unless-throttled'},
  );
}
