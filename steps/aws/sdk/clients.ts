import {proxyAgent} from '../../../src/index.ts';
import {AwsClock} from './clock.ts';
import type {AwsConfig} from './config.ts';
import {noteKeys} from './credentials.ts';
import {patient, type SendsAgain} from './patience.ts';
import {askAws} from './problems.ts';
import {type Connections, type Pace, readingClient, writingClient} from './settings.ts';

/** What `readingClient` and `writingClient` give: the settings of a client of any service. */
export type ClientSettings = ReturnType<typeof readingClient> & {
  readonly requestHandler: {readonly httpAgent?: object; readonly httpsAgent?: object};
};

/** The SDK of one service, and its two clients: one repeats reads, the other sends no write twice that was done. */
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

/** How a service is to be used where it differs from the others. */
interface Habits {
  readonly writes?: SendsAgain;
  readonly reads?: Pace;
  readonly connections?: Connections;
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
  {writes = 'all-not-done', reads = 'usual', connections = 'one-each'}: Habits = {},
): LazyAwsClients<Sdk, Client> {
  let opened: Promise<AwsClients<Sdk, Client>> | undefined;
  const open = async () => {
    const sdk = await load();
    const clock = new AwsClock(config.endpoint);
    const make = async (settings: ClientSettings) => {
      const reached = await throughProxies(settings);
      const client = create(sdk, reached);
      const endpoint = ownEndpoint(config, client);
      return endpoint === undefined ? client : create(sdk, {...reached, endpoint});
    };
    const [reading, writing] = await Promise.all([
      make(readingClient(config, reads)),
      make(writingClient(config, connections)),
    ]);
    const manner = {
      clock,
      noteKeys: (keys: {readonly expiration?: Date}) => noteKeys(config, keys),
    };
    return {
      sdk,
      reading: patient(reading, {...manner, sendsAgain: 'nothing'}),
      writing: patient(writing, {...manner, sendsAgain: writes}),
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

/** The settings, with the proxies of this machine where it has any. */
async function throughProxies(settings: ClientSettings): Promise<ClientSettings> {
  const {requestHandler} = settings;
  const isKept = !('httpAgent' in requestHandler);
  const agent = await proxyAgent({keepAlive: isKept});
  return agent === undefined
    ? settings
    : {...settings, requestHandler: {...requestHandler, httpAgent: agent, httpsAgent: agent}};
}

/** The endpoint that the inventory has for this service alone. */
function ownEndpoint({endpoints}: AwsConfig, client: Destroyable): string | undefined {
  const {serviceId = ''} =
    (client as {readonly config?: {readonly serviceId?: string}}).config ?? {};
  return endpoints?.[serviceId.toLowerCase().replaceAll(' ', '-')];
}
