import {setTimeout as sleep} from 'node:timers/promises';
import type {Nameserver, Route53DomainsClient} from '@aws-sdk/client-route-53-domains';
import {type ReportProgress, SwitcharooError} from '../../../src/index.ts';
import {type AwsClients, type AwsConfig, awsClients, awsProblem} from '../../aws/index.ts';
import type {Entered, NameServer, RegistrarReader, RegistrarWriter} from '../contract.ts';
import {notTaken, operationFailed, requestRefused} from './problems.ts';
import type {SigningKey} from './signing-key.ts';

type Clients = AwsClients<typeof import('@aws-sdk/client-route-53-domains'), Route53DomainsClient>;

type Call = (clients: Clients, signal: AbortSignal) => Promise<string | undefined>;

const firstWaitMs = 250;
const mostWaitMs = 20_000;
const mostTries = 5;

/** The domain at Route 53 Domains, which lives in us-east-1 alone. */
export function domainsApi({name, domain, aws}: {name: string; domain: string; aws: AwsConfig}) {
  const clients = awsClients(
    aws,
    () => import('@aws-sdk/client-route-53-domains'),
    (sdk, settings) => new sdk.Route53DomainsClient(settings),
  );
  const api = new DomainsApi(name, domain, clients.get);
  const reader: RegistrarReader = {
    name,
    domain,
    who: 'Route 53 Domains',
    entered: (signal) => api.entered(signal),
    underway: (signal) => api.underway(signal),
  };
  const writer: RegistrarWriter = {
    ...reader,
    setNameServers: (wanted, signal, say) => api.setNameServers(wanted, signal, say),
    setKeys: (wanted, _ds, signal, say) => api.setKeys(wanted, signal, say),
  };
  return {reader, writer, close: clients.close};
}

class DomainsApi {
  readonly #target: string;
  readonly #domain: string;
  /** As the API writes it. */
  readonly #name: string;
  readonly #clients: () => Promise<Clients>;

  constructor(target: string, domain: string, clients: () => Promise<Clients>) {
    this.#target = target;
    this.#domain = domain;
    this.#name = domain.replace(/\.$/, '');
    this.#clients = clients;
  }

  async entered(signal: AbortSignal): Promise<Entered> {
    const {Nameservers = [], DnssecKeys = [], StatusList = []} = await this.#detail(signal);
    // EPP status codes: the registry, or the registrar, takes no changes (RFC 5731, 2.3).
    const lock = StatusList.find((status) => /UpdateProhibited$/i.test(status));
    return {
      nameServers: Nameservers.map(fromApi).sort(byName),
      keys: DnssecKeys.map(({Flags = 0, Algorithm = 0, PublicKey = ''}) => ({
        flags: Flags,
        algorithm: Algorithm,
        publicKey: PublicKey,
      })).sort(byKey),
      ...(lock === undefined ? {} : {locked: lock}),
    };
  }

  underway(signal: AbortSignal): Promise<string | undefined> {
    return this.#asked('ListOperations', signal, async ({sdk, reading}) => {
      const pages = sdk.paginateListOperations(
        {client: reading},
        {Status: ['SUBMITTED', 'IN_PROGRESS']},
        {abortSignal: signal},
      );
      for await (const {Operations = []} of pages) {
        const found = Operations.find(({DomainName}) => DomainName === this.#name);
        if (found) {
          const {Type, OperationId, Status} = found;
          return `operation ${OperationId} of ${this.#domain} (${Type}) is ${Status}`;
        }
      }
      return undefined;
    });
  }

  setNameServers(
    wanted: readonly NameServer[],
    signal: AbortSignal,
    say: ReportProgress,
  ): Promise<void> {
    const due = JSON.stringify([...wanted].sort(byName));
    return this.#until(
      ({nameServers}) => JSON.stringify(nameServers) === due,
      async ({sdk, writing}) => {
        const command = new sdk.UpdateDomainNameserversCommand({
          DomainName: this.#name,
          Nameservers: wanted.map(toApi),
        });
        return (await writing.send(command, {abortSignal: signal})).OperationId;
      },
      {action: 'UpdateDomainNameservers', signal, say},
    );
  }

  /** One key after the other: the API takes them so. */
  async setKeys(
    wanted: readonly SigningKey[],
    signal: AbortSignal,
    say: ReportProgress,
  ): Promise<void> {
    const isIn = (key: SigningKey, keys: readonly SigningKey[]) =>
      keys.some((other) => byKey(key, other) === 0);
    const {keys: live} = await this.entered(signal);
    for (const key of live.filter((one) => !isIn(one, wanted))) {
      await this.#until(({keys}) => !isIn(key, keys), this.#removing(key), {
        action: 'DisassociateDelegationSignerFromDomain',
        signal,
        say,
      });
    }
    for (const key of wanted.filter((one) => !isIn(one, live))) {
      await this.#until(({keys}) => isIn(key, keys), this.#adding(key), {
        action: 'AssociateDelegationSignerToDomain',
        signal,
        say,
      });
    }
  }

  /** Its id is another one each time that a key is added. */
  #removing(key: SigningKey): Call {
    return async ({sdk, writing}, signal) => {
      const {DnssecKeys = []} = await this.#detail(signal);
      const found = DnssecKeys.find(
        ({Flags, Algorithm, PublicKey}) =>
          Flags === key.flags && Algorithm === key.algorithm && PublicKey === key.publicKey,
      );
      const command = new sdk.DisassociateDelegationSignerFromDomainCommand({
        DomainName: this.#name,
        Id: found?.Id ?? '',
      });
      return (await writing.send(command, {abortSignal: signal})).OperationId;
    };
  }

  #adding({flags, algorithm, publicKey}: SigningKey): Call {
    return async ({sdk, writing}, signal) => {
      const command = new sdk.AssociateDelegationSignerToDomainCommand({
        DomainName: this.#name,
        SigningAttributes: {Flags: flags, Algorithm: algorithm, PublicKey: publicKey},
      });
      return (await writing.send(command, {abortSignal: signal})).OperationId;
    };
  }

  /**
   * Looks, sends once, waits for the operation, looks again. A request whose answer was lost is found among the
   * operations, or in what is entered: it is sent again only when it is in neither.
   */
  async #until(
    isSo: (entered: Entered) => boolean,
    send: Call,
    {action, signal, say}: {action: string; signal: AbortSignal; say: ReportProgress},
  ): Promise<void> {
    let said = 'it answered nothing';
    for (let tries = 0; tries < mostTries; tries += 1) {
      await this.#nothingUnderway(signal, say);
      if (isSo(await this.entered(signal))) {
        return;
      }
      const sent = await this.#send(send, action, signal);
      if (sent.operation !== undefined) {
        await this.#succeeded(sent.operation, signal, say);
      } else {
        said = sent.said;
        say(`${said}; looking again`);
        await sleep(waitMs(tries), undefined, {signal});
      }
    }
    if (!isSo(await this.entered(signal))) {
      throw new SwitcharooError(notTaken({target: this.#target, tries: mostTries, said}));
    }
  }

  async #send(
    send: Call,
    action: string,
    signal: AbortSignal,
  ): Promise<{readonly operation?: string; readonly said: string}> {
    try {
      const operation = await send(await this.#clients(), signal);
      return operation === undefined ? {said: 'it gave no operation'} : {operation, said: ''};
    } catch (error) {
      signal.throwIfAborted();
      const {name, message} = error instanceof Error ? error : new Error(String(error));
      if (name === 'DuplicateRequest' || !wasRefused(error) || isThrottled(name)) {
        return {said: `${name}: ${message}`};
      }
      throw this.#problemOf(error, action) ?? error;
    }
  }

  async #nothingUnderway(signal: AbortSignal, say: ReportProgress): Promise<void> {
    for (let tries = 0; ; tries += 1) {
      const other = await this.underway(signal);
      if (other === undefined) {
        return;
      }
      say(other);
      await sleep(waitMs(tries), undefined, {signal});
    }
  }

  async #succeeded(operation: string, signal: AbortSignal, say: ReportProgress): Promise<void> {
    for (let tries = 0; ; tries += 1) {
      const {
        Status = '',
        Message = '',
        StatusFlag,
      } = await this.#asked('GetOperationDetail', signal, ({sdk, reading}) =>
        reading.send(new sdk.GetOperationDetailCommand({OperationId: operation}), {
          abortSignal: signal,
        }),
      );
      if (Status === 'SUCCESSFUL') {
        return;
      }
      if (Status === 'FAILED' || Status === 'ERROR') {
        const facts = {target: this.#target, operation, status: Status, said: Message};
        throw new SwitcharooError(operationFailed(facts));
      }
      say(`operation ${operation} is ${Status}${StatusFlag ? ` (${StatusFlag})` : ''}`);
      await sleep(waitMs(tries), undefined, {signal});
    }
  }

  #detail(signal: AbortSignal) {
    return this.#asked('GetDomainDetail', signal, ({sdk, reading}) =>
      reading.send(new sdk.GetDomainDetailCommand({DomainName: this.#name}), {abortSignal: signal}),
    );
  }

  async #asked<Answer>(
    operation: string,
    signal: AbortSignal,
    call: (clients: Clients) => Promise<Answer>,
  ): Promise<Answer> {
    signal.throwIfAborted();
    const clients = await this.#clients();
    signal.throwIfAborted();
    try {
      return await call(clients);
    } catch (error) {
      signal.throwIfAborted();
      throw this.#problemOf(error, operation) ?? error;
    }
  }

  #problemOf(cause: unknown, operation: string): SwitcharooError | undefined {
    if (cause instanceof SwitcharooError) {
      return cause;
    }
    const action = `route53domains:${operation}`;
    const known = awsProblem(`target ${this.#target} (${action})`, cause);
    return known || !wasRefused(cause) || !(cause instanceof Error)
      ? known
      : new SwitcharooError(
          requestRefused({target: this.#target, action, said: `${cause.name}: ${cause.message}`}),
          {cause},
        );
  }
}

/** An answer that says no; everything else may have been done. */
function wasRefused(error: unknown): boolean {
  if (error instanceof SwitcharooError) {
    return true;
  }
  const {$metadata} = (error ?? {}) as {readonly $metadata?: {readonly httpStatusCode?: number}};
  const status = $metadata?.httpStatusCode ?? 0;
  return status >= 400 && status < 500;
}

const isThrottled = (name: string): boolean =>
  ['ThrottlingException', 'Throttling', 'TooManyRequestsException'].includes(name);

const waitMs = (tries: number): number => Math.min(firstWaitMs * 2 ** tries, mostWaitMs);

const fromApi = ({Name = '', GlueIps = []}: Nameserver): NameServer => ({
  name: `${Name.toLowerCase().replace(/\.$/, '')}.`,
  glue: [...GlueIps].sort(),
});

const toApi = ({name, glue}: NameServer): Nameserver => ({
  Name: name.replace(/\.$/, ''),
  ...(glue.length > 0 && {GlueIps: [...glue]}),
});

const byName = (one: NameServer, other: NameServer): number => (one.name < other.name ? -1 : 1);

const byKey = (one: SigningKey, other: SigningKey): number =>
  [one.flags - other.flags, one.algorithm - other.algorithm].find((order) => order !== 0) ??
  (one.publicKey < other.publicKey ? -1 : one.publicKey > other.publicKey ? 1 : 0);
