import type {Route53Client} from '@aws-sdk/client-route-53';
import {type AwsClients, type AwsConfig, awsClients, type LazyAwsClients} from '../../aws/index.ts';
import {paceOf} from './rate-limit.ts';

type Sdk = typeof import('@aws-sdk/client-route-53');
export type Clients = AwsClients<Sdk, Route53Client>;

interface Route53Config extends AwsConfig {
  readonly requestsPerSecond: number;
}

/** Clients that keep to the rate limit of the account together. */
export function route53Clients({
  requestsPerSecond,
  ...aws
}: Route53Config): LazyAwsClients<Sdk, Route53Client> {
  const pace = paceOf(aws.endpoint ?? 'aws');
  const paced = (client: Route53Client): Route53Client => {
    const handler = client.config.requestHandler;
    const handle = handler.handle.bind(handler);
    // Here, inside of the SDK's own attempts, each of them takes a turn, and the wait is no part of its time limit.
    handler.handle = async (request, options) => {
      // The SDK passes on the signal that `send` was given.
      const {abortSignal} = (options ?? {}) as {abortSignal?: AbortSignal};
      await pace(requestsPerSecond, abortSignal);
      return handle(request, options);
    };
    return client;
  };
  return awsClients(
    aws,
    () => import('@aws-sdk/client-route-53'),
    (sdk, settings) => paced(new sdk.Route53Client(settings)),
  );
}
