import {askAws} from './problems.ts';
import {type AwsConfig, readingClient, writingClient} from './settings.ts';

/** What `readingClient` and `writingClient` give: the settings of a client of any service. */
export type ClientSettings = ReturnType<typeof readingClient>;

/** The SDK of one service, and its two clients: one retries, the other sends once. */
export interface AwsClients<Sdk, Client> {
  readonly sdk: Sdk;
  readonly reading: Client;
  readonly writing: Client;
}

export interface LazyAwsClients<Sdk, Client> {
  /** Loads the SDK the first time, and gives the same clients from then on. */
  get(): Promise<AwsClients<Sdk, Client>>;
  /** Makes one call through `askAws`. `subject` is the target in words: "bucket shop-config". */
  ask<Result>(
    subject: string,
    call: (clients: AwsClients<Sdk, Client>) => Promise<Result>,
  ): Promise<Result>;
  /** Does nothing where no call was made. */
  close(): Promise<void>;
}

interface Destroyable {
  destroy(): void;
}

/**
 * Clients of one AWS service with our time limits. Loading an SDK takes 70 to 500 ms, so it is loaded with the
 * first call, and never by a command that only reads the library of steps:
 *
 *     awsClients(config, () => import('@aws-sdk/client-ecr'), (sdk, settings) => new sdk.ECRClient(settings))
 */
export function awsClients<Sdk, Client extends Destroyable>(
  config: AwsConfig,
  load: () => Promise<Sdk>,
  create: (sdk: Sdk, settings: ClientSettings) => Client,
): LazyAwsClients<Sdk, Client> {
  let opened: Promise<AwsClients<Sdk, Client>> | undefined;
  const open = async () => {
    const sdk = await load();
    return {
      sdk,
      reading: create(sdk, readingClient(config)),
      writing: create(sdk, writingClient(config)),
    };
  };
  const get = () => {
    opened ??= open();
    return opened;
  };
  return {
    get,
    ask: (subject, call) => askAws(subject, async () => call(await get())),
    close: async () => {
      const clients = await opened?.catch(() => undefined);
      clients?.reading.destroy();
      clients?.writing.destroy();
    },
  };
}
