import {setTimeout as sleep} from 'node:timers/promises';
import type {Route53DomainsClient} from '@aws-sdk/client-route-53-domains';
import {type ReportProgress, SwitcharooError} from '../../../src/index.ts';
import {type AwsClients, type AwsConfig, awsClients, awsProblem} from '../../aws/index.ts';
import type {NameServer, RegistrarReader, RegistrarWriter, Registration} from '../contract.ts';
import {byName, compareKeys, keyFromApi, serverFromApi, serverToApi} from './api-shapes.ts';
import {changeNotMade, operationFailed, requestRefused} from './problems.ts';
import {isTemporary, wasRefused} from './refusals.ts';
import type {SigningKey} from './signing-key.ts';

type Clients = AwsClients<typeof import('@aws-sdk/client-route-53-domains'), Route53DomainsClient>;

type Call = (clients: Clients, signal: AbortSignal) => Promise<string | undefined>;

const firstWaitMs = 250;
const mostWaitMs = 20_000;
const mostAttempts = 5;

/** Route 53 Domains has this one region, whatever the profile or the environment has. */
const region = 'us-east-1';

/** The domain at Route 53 Domains. */
export function openDomain({name, domain, aws}: {name: string; domain: string; aws: AwsConfig}) {
  const clients = awsClients(
    {...aws, region},
    () => import('@aws-sdk/client-route-53-domains'),
    (sdk, settings) => new sdk.Route53DomainsClient(settings),
  );
  const api = new DomainsApi(name, domain, clients.get);
  const reader: RegistrarReader = {
    name,
    domain,
    provider: 'Route 53 Domains',
    registration: (signal) => api.registration(signal),
    pendingOperation: (signal) => api.pendingOperation(signal),
  };
  const writer: RegistrarWriter = {
    ...reader,
    setNameServers: (servers, signal, say) => api.setNameServers(servers, signal, say),
    setKeys: (keys, _ds, signal, say) => api.setKeys(keys, signal, say),
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

  async registration(signal: AbortSignal): Promise<Registration> {
    const {Nameservers = [], DnssecKeys = [], StatusList = []} = await this.#detail(signal);
    // EPP status codes: the registry, or the registrar, refuses changes (RFC 5731, 2.3).
    const lock = StatusList.find((status) => /UpdateProhibited$/i.test(status));
    return {
      nameServers: Nameservers.map(serverFromApi).sort(byName),
      keys: DnssecKeys.map(keyFromApi).sort(compareKeys),
      ...(lock === undefined ? {} : {locked: lock}),
    };
  }

  pendingOperation(signal: AbortSignal): Promise<string | undefined> {
    return this.#ask('ListOperations', signal, async ({sdk, reading}) => {
      const pages = sdk.paginateListOperations(
        {client: reading},
        {Status: ['SUBMITTED', 'IN_PROGRESS']},
        {abortSignal: signal},
      );
      for await (const {Operations = []} of pages) {
        const operation = Operations.find(({DomainName}) => DomainName === this.#name);
        if (operation) {
          const {Type, OperationId, Status} = operation;
          return `operation ${OperationId} of ${this.#domain} (${Type}) is ${Status}`;
        }
      }
      return undefined;
    });
  }

  setNameServers(
    servers: readonly NameServer[],
    signal: AbortSignal,
    say: ReportProgress,
  ): Promise<void> {
    const expected = JSON.stringify([...servers].sort(byName));
    return this.#change(
      ({nameServers}) => JSON.stringify(nameServers) === expected,
      async ({sdk, writing}) => {
        const command = new sdk.UpdateDomainNameserversCommand({
          DomainName: this.#name,
          Nameservers: servers.map(serverToApi),
        });
        return (await writing.send(command, {abortSignal: signal})).OperationId;
      },
      {action: 'UpdateDomainNameservers', signal, say},
    );
  }

  /** One key after the other: a request holds one. */
  async setKeys(
    keys: readonly SigningKey[],
    signal: AbortSignal,
    say: ReportProgress,
  ): Promise<void> {
    const isIn = (key: SigningKey, list: readonly SigningKey[]) =>
      list.some((other) => compareKeys(key, other) === 0);
    const {keys: live} = await this.registration(signal);
    for (const key of live.filter((liveKey) => !isIn(liveKey, keys))) {
      await this.#change((registration) => !isIn(key, registration.keys), this.#removal(key), {
        action: 'DisassociateDelegationSignerFromDomain',
        signal,
        say,
      });
    }
    for (const key of keys.filter((newKey) => !isIn(newKey, live))) {
      await this.#change((registration) => isIn(key, registration.keys), this.#addition(key), {
        action: 'AssociateDelegationSignerToDomain',
        signal,
        say,
      });
    }
  }

  /** A key has another id each time that it is added. */
  #removal(key: SigningKey): Call {
    return async ({sdk, writing}, signal) => {
      const {DnssecKeys = []} = await this.#detail(signal);
      const entry = DnssecKeys.find((other) => compareKeys(keyFromApi(other), key) === 0);
      const command = new sdk.DisassociateDelegationSignerFromDomainCommand({
        DomainName: this.#name,
        Id: entry?.Id ?? '',
      });
      return (await writing.send(command, {abortSignal: signal})).OperationId;
    };
  }

  #addition({flags, algorithm, publicKey}: SigningKey): Call {
    return async ({sdk, writing}, signal) => {
      const command = new sdk.AssociateDelegationSignerToDomainCommand({
        DomainName: this.#name,
        SigningAttributes: {Flags: flags, Algorithm: algorithm, PublicKey: publicKey},
      });
      return (await writing.send(command, {abortSignal: signal})).OperationId;
    };
  }

  /**
   * Looks, sends the request once, waits for its operation, looks again. A request whose answer was lost shows up among
   * the operations, or in the registration: it is sent again only when it is in neither.
   */
  async #change(
    isMade: (registration: Registration) => boolean,
    send: Call,
    {action, signal, say}: {action: string; signal: AbortSignal; say: ReportProgress},
  ): Promise<void> {
    let answer = 'it answered nothing';
    for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
      await this.#untilIdle(signal, say);
      if (isMade(await this.registration(signal))) {
        return;
      }
      const sent = await this.#send(send, action, signal);
      if (sent.operation !== undefined) {
        await this.#untilSuccessful(sent.operation, signal, say);
      } else {
        answer = sent.answer;
        say(`${answer}; checking again`);
        await sleep(waitMs(attempt), undefined, {signal});
      }
    }
    if (!isMade(await this.registration(signal))) {
      const facts = {target: this.#target, attempts: mostAttempts, answer};
      throw new SwitcharooError(changeNotMade(facts));
    }
  }

  async #send(
    send: Call,
    action: string,
    signal: AbortSignal,
  ): Promise<{readonly operation?: string; readonly answer: string}> {
    try {
      const operation = await send(await this.#clients(), signal);
      return operation === undefined
        ? {answer: 'it returned no operation'}
        : {operation, answer: ''};
    } catch (error) {
      signal.throwIfAborted();
      const {name, message} = error instanceof Error ? error : new Error(String(error));
      if (isTemporary(error) || !wasRefused(error)) {
        return {answer: `${name}: ${message}`};
      }
      throw this.#problemOf(error, action) ?? error;
    }
  }

  async #untilIdle(signal: AbortSignal, say: ReportProgress): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      const operation = await this.pendingOperation(signal);
      if (operation === undefined) {
        return;
      }
      say(operation);
      await sleep(waitMs(attempt), undefined, {signal});
    }
  }

  async #untilSuccessful(
    operation: string,
    signal: AbortSignal,
    say: ReportProgress,
  ): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      const {
        Status = '',
        Message = '',
        StatusFlag,
      } = await this.#ask('GetOperationDetail', signal, ({sdk, reading}) =>
        reading.send(new sdk.GetOperationDetailCommand({OperationId: operation}), {
          abortSignal: signal,
        }),
      );
      if (Status === 'SUCCESSFUL') {
        return;
      }
      if (Status === 'FAILED' || Status === 'ERROR') {
        const facts = {target: this.#target, operation, status: Status, answer: Message};
        throw new SwitcharooError(operationFailed(facts));
      }
      say(`operation ${operation} is ${Status}${StatusFlag ? ` (${StatusFlag})` : ''}`);
      await sleep(waitMs(attempt), undefined, {signal});
    }
  }

  #detail(signal: AbortSignal) {
    return this.#ask('GetDomainDetail', signal, ({sdk, reading}) =>
      reading.send(new sdk.GetDomainDetailCommand({DomainName: this.#name}), {abortSignal: signal}),
    );
  }

  async #ask<Answer>(
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
          requestRefused({target: this.#target, action, answer: `${cause.name}: ${cause.message}`}),
          {cause},
        );
  }
}

const waitMs = (attempt: number): number => Math.min(firstWaitMs * 2 ** attempt, mostWaitMs);
