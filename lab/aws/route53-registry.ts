import {randomUUID} from 'node:crypto';
import {AwsError} from './replies.ts';
import {isOver, type LabDomain, type Operation, statusOf} from './route53-domain-shapes.ts';

export interface DomainsOptions {
  readonly domains: readonly LabDomain[];
  /** From a request until its operation is SUCCESSFUL, and the registrar has it. */
  readonly operationMs: number;
  /** From there until the parent zone says so. */
  readonly registryMs?: number;
}

interface Registration {
  current: LabDomain;
  published: readonly {readonly fromMs: number; readonly domain: LabDomain}[];
}

const account = '123456789012';

/**
 * The domains of the lab, and the operations that change them. Operations that are due take effect before each
 * answer.
 */
export class Registry {
  readonly operations: Operation[] = [];
  readonly #registrations: ReadonlyMap<string, Registration>;
  readonly #operationMs: number;
  readonly #registryMs: number;
  #failure: string | undefined;

  constructor({domains, operationMs, registryMs = 0}: DomainsOptions) {
    this.#registrations = new Map(
      domains.map((domain) => [domain.name, {current: domain, published: [{fromMs: 0, domain}]}]),
    );
    this.#operationMs = operationMs;
    this.#registryMs = registryMs;
  }

  /** Makes the changes of all operations that are due. */
  advance(): void {
    for (const operation of this.operations) {
      if (!operation.made && operation.failure === undefined && operation.endsMs <= Date.now()) {
        operation.made = true;
        operation.make();
      }
    }
  }

  domain(name: string): LabDomain {
    return this.#registration(name).current;
  }

  /** The domain as the parent zone has it now. */
  published(name: string): LabDomain {
    const {published, current} = this.#registration(name);
    return published.findLast(({fromMs}) => fromMs <= Date.now())?.domain ?? current;
  }

  /** Changes a domain and its parent zone at once. */
  edit(name: string, change: (domain: LabDomain) => LabDomain): void {
    const registration = this.#registration(name);
    publish(registration, change(registration.current), Date.now());
  }

  failNext(message: string): void {
    this.#failure = message;
  }

  /** Starts an operation. Refuses it while another one of the domain is running. */
  submit(
    name: string,
    type: string,
    change: (domain: LabDomain) => LabDomain,
  ): {readonly OperationId: string} {
    const registration = this.#registration(name);
    this.#refuseSecond(name);
    const submittedMs = Date.now();
    const endsMs = submittedMs + this.#operationMs;
    const operation: Operation = {
      id: randomUUID(),
      type,
      domain: name,
      submittedMs,
      endsMs,
      ...(this.#failure === undefined ? {} : {failure: this.#failure}),
      make: () => publish(registration, change(registration.current), endsMs + this.#registryMs),
      made: false,
    };
    this.#failure = undefined;
    this.operations.push(operation);
    return {OperationId: operation.id};
  }

  #refuseSecond(name: string): void {
    const running = this.operations.find(
      (operation) =>
        operation.domain === name && statusOf(operation) !== 'SUCCESSFUL' && !isOver(operation),
    );
    if (running) {
      throw new AwsError(
        'DuplicateRequest',
        `A request for domain ${name} is already in progress`,
        400,
        {requestId: running.id},
      );
    }
  }

  #registration(name: string): Registration {
    const registration = this.#registrations.get(name.toLowerCase());
    if (!registration) {
      throw new AwsError('InvalidInput', `Domain ${name} not found in ${account} account`);
    }
    return registration;
  }
}

function publish(registration: Registration, domain: LabDomain, fromMs: number): void {
  registration.current = domain;
  registration.published = [...registration.published, {fromMs, domain}];
}
