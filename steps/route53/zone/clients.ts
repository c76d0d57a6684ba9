import type {Route53Client} from '@aws-sdk/client-route-53';
import {type AwsConfig, readingClient, writingClient} from '../../aws/client.ts';
import {paceOf} from './rate-limit.ts';

export interface Clients {
  readonly sdk: typeof import('@aws-sdk/client-route-53');
  readonly reading: Route53Client;
  readonly writing: Route53Client;
}

export interface Route53Config extends AwsConfig {
  readonly requestsPerSecond: number;
}

/** The SDK takes half a second to load: only who talks to Route 53 waits for it. */
export function lazyClients(config: Route53Config) {
  let opened: Promise<Clients> | undefined;
  return {
    get: (): Promise<Clients> => {
      opened ??= openClients(config);
      return opened;
    },
    close: async (): Promise<void> => {
      const clients = await opened?.catch(() => undefined);
      clients?.reading.destroy();
      clients?.writing.destroy();
    },
  };
}

async function openClients({requestsPerSecond, ...aws}: Route53Config): Promise<Clients> {
  const sdk = await import('@aws-sdk/client-route-53');
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
  return {
    sdk,
    reading: paced(new sdk.Route53Client(readingClient(aws))),
    writing: paced(new sdk.Route53Client(writingClient(aws))),
  };
}
