import type {Route53Client} from '@aws-sdk/client-route-53';
import {type AwsConfig, readingClient, writingClient} from '../aws/client.ts';

export interface Clients {
  readonly sdk: typeof import('@aws-sdk/client-route-53');
  readonly reading: Route53Client;
  readonly writing: Route53Client;
}

/** The SDK takes half a second to load: only who talks to Route 53 waits for it. */
export function lazyClients(aws: AwsConfig) {
  let opened: Promise<Clients> | undefined;
  return {
    get: (): Promise<Clients> => {
      opened ??= openClients(aws);
      return opened;
    },
    close: async (): Promise<void> => {
      const clients = await opened?.catch(() => undefined);
      clients?.reading.destroy();
      clients?.writing.destroy();
    },
  };
}

async function openClients(aws: AwsConfig): Promise<Clients> {
  const sdk = await import('@aws-sdk/client-route-53');
  return {
    sdk,
    reading: new sdk.Route53Client(readingClient(aws)),
    writing: new sdk.Route53Client(writingClient(aws)),
  };
}
