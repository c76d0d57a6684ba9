import {randomUUID} from 'node:crypto';
import {z} from 'zod';
import {dsOf, type ZoneKey} from '../dns/signing.ts';
import {jsonService} from './json-service.ts';
import {AwsError} from './replies.ts';
import type {AwsService} from './service.ts';

/** A domain that is registered here, and what its parent zone says of it. */
export interface LabDomain {
  /** Without the last dot, as the API writes it. */
  readonly name: string;
  readonly nameServers: readonly LabNameServer[];
  readonly keys?: readonly ZoneKey[];
  /** EPP status codes. */
  readonly statuses?: readonly string[];
}

export interface LabNameServer {
  readonly name: string;
  readonly glue?: readonly string[];
}

export interface DomainsOptions {
  readonly domains: readonly LabDomain[];
  /** From a request until its operation is SUCCESSFUL, and the registrar has it. */
  readonly operationMs: number;
  /** From there until the parent zone says so. */
  readonly registryMs?: number;
}

/** Route 53 Domains of the lab. */
export interface Domains extends AwsService {
  /** What the parent zone says of a domain now. */
  published(name: string): LabDomain;
  /** Changes a domain behind everyone's back, as a colleague in the console would. */
  edit(name: string, change: (domain: LabDomain) => LabDomain): void;
  /** The next operation ends so, and changes nothing. */
  failNext(message: string): void;
}

interface Held {
  now: LabDomain;
  shown: readonly {readonly fromMs: number; readonly domain: LabDomain}[];
}

interface Operation {
  readonly id: string;
  readonly type: string;
  readonly domain: string;
  readonly submittedMs: number;
  readonly endsMs: number;
  readonly failure?: string;
  /** Done once, when its time has come. */
  readonly make: () => void;
  made: boolean;
}

const account = '123456789012';

export function createRoute53Domains({
  domains,
  operationMs,
  registryMs = 0,
}: DomainsOptions): Domains {
  const held = new Map<string, Held>(
    domains.map((domain) => [domain.name, {now: domain, shown: [{fromMs: 0, domain}]}]),
  );
  const operations: Operation[] = [];
  let failure: string | undefined;

  /** What is due by now happens before anything is answered. */
  const settle = () => {
    for (const operation of operations) {
      if (!operation.made && operation.failure === undefined && operation.endsMs <= Date.now()) {
        operation.made = true;
        operation.make();
      }
    }
  };
  const domainOf = (name: string): Held => {
    const found = held.get(name.toLowerCase());
    if (!found) {
      throw new AwsError('InvalidInput', `Domain ${name} not found in ${account} account`);
    }
    return found;
  };
  const show = (domain: Held, next: LabDomain, fromMs: number) => {
    domain.now = next;
    domain.shown = [...domain.shown, {fromMs, domain: next}];
  };
  const submit = (name: string, type: string, change: (domain: LabDomain) => LabDomain) => {
    const domain = domainOf(name);
    const running = operations.find(
      (one) => one.domain === name && statusOf(one) !== 'SUCCESSFUL' && !isOver(one),
    );
    if (running) {
      throw new AwsError(
        'DuplicateRequest',
        `A request for domain ${name} is already in progress`,
        400,
        {requestId: running.id},
      );
    }
    const submittedMs = Date.now();
    const endsMs = submittedMs + operationMs;
    const operation: Operation = {
      id: randomUUID(),
      type,
      domain: name,
      submittedMs,
      endsMs,
      ...(failure === undefined ? {} : {failure}),
      make: () => show(domain, change(domain.now), endsMs + registryMs),
      made: false,
    };
    failure = undefined;
    operations.push(operation);
    return {OperationId: operation.id};
  };

  const service = jsonService('route53domains', 'Route53Domains_v20140515.', {
    GetDomainDetail: (body) => detailOf(domainOf(named.parse(body).DomainName).now),
    UpdateDomainNameservers: (body) => {
      const {DomainName, Nameservers} = updating.parse(body);
      refuseServers(DomainName, Nameservers);
      const nameServers = Nameservers.map(({Name, GlueIps = []}) => ({
        name: Name.toLowerCase(),
        ...(GlueIps.length > 0 ? {glue: GlueIps} : {}),
      }));
      refuseLocked(domainOf(DomainName).now);
      return submit(DomainName, 'UPDATE_NAMESERVER', (domain) => ({...domain, nameServers}));
    },
    AssociateDelegationSignerToDomain: (body) => {
      const {DomainName, SigningAttributes: key} = associating.parse(body);
      const added = {flags: key.Flags, algorithm: key.Algorithm, publicKey: key.PublicKey};
      const {keys = []} = domainOf(DomainName).now;
      if (keys.length >= 4) {
        throw new AwsError(
          'DnssecLimitExceeded',
          'The number of DNSSEC keys of this domain is exceeded',
        );
      }
      return submit(DomainName, 'ADD_DNSSEC', (domain) => ({
        ...domain,
        keys: [...(domain.keys ?? []), added],
      }));
    },
    DisassociateDelegationSignerFromDomain: (body) => {
      const {DomainName, Id} = disassociating.parse(body);
      const {keys = [], name} = domainOf(DomainName).now;
      if (!keys.some((key) => idOf(name, key) === Id)) {
        throw new AwsError('InvalidInput', `Delegation signer with ID ${Id} not found`);
      }
      return submit(DomainName, 'REMOVE_DNSSEC', (domain) => ({
        ...domain,
        keys: (domain.keys ?? []).filter((key) => idOf(name, key) !== Id),
      }));
    },
    GetOperationDetail: (body) => {
      const {OperationId} = z.object({OperationId: z.string()}).parse(body);
      const found = operations.find(({id}) => id === OperationId);
      if (!found) {
        throw new AwsError('InvalidInput', `Operation ${OperationId} not found`);
      }
      return operationTree(found);
    },
    ListOperations: (body) => {
      const {Status, MaxItems = 20, Marker} = listing.parse(body);
      const wanted = operations.filter(
        (one) => Status === undefined || Status.includes(statusOf(one)),
      );
      const from = Number(Marker ?? 0);
      const next = from + MaxItems;
      return {
        Operations: wanted.slice(from, next).map(operationTree),
        ...(next < wanted.length ? {NextPageMarker: String(next)} : {}),
      };
    },
  });

  return {
    signingName: 'route53domains',
    handle: async (request) => {
      settle();
      return service.handle(request).catch((error) => {
        throw error instanceof z.ZodError
          ? new AwsError('InvalidInput', z.prettifyError(error))
          : error;
      });
    },
    published: (name) => {
      settle();
      const {shown} = domainOf(name);
      return shown.findLast(({fromMs}) => fromMs <= Date.now())?.domain ?? domainOf(name).now;
    },
    edit: (name, change) => {
      settle();
      const domain = domainOf(name);
      show(domain, change(domain.now), Date.now());
    },
    failNext: (message) => {
      failure = message;
    },
  };
}

const named = z.object({DomainName: z.string()});
const updating = named.extend({
  Nameservers: z.array(z.object({Name: z.string(), GlueIps: z.array(z.string()).optional()})),
});
const associating = named.extend({
  SigningAttributes: z.object({Flags: z.number(), Algorithm: z.number(), PublicKey: z.string()}),
});
const disassociating = named.extend({Id: z.string()});
const listing = z.object({
  Status: z.array(z.string()).optional(),
  MaxItems: z.number().optional(),
  Marker: z.string().optional(),
});

/** Rules that registries have; most want at least two. */
function refuseServers(
  domain: string,
  servers: readonly {readonly Name: string; readonly GlueIps?: readonly string[] | undefined}[],
): void {
  if (servers.length < 2 || servers.length > 13) {
    throw new AwsError(
      'TLDRulesViolation',
      `${domain} takes from 2 to 13 name servers, and not ${servers.length}`,
    );
  }
  const bare = servers.find(
    ({Name, GlueIps = []}) => `.${Name}`.endsWith(`.${domain}`) && GlueIps.length === 0,
  );
  if (bare) {
    throw new AwsError(
      'InvalidInput',
      `Name server ${bare.Name} is in ${domain} and needs glue addresses`,
    );
  }
}

function refuseLocked({name, statuses = []}: LabDomain): void {
  if (statuses.some((status) => /UpdateProhibited$/i.test(status))) {
    throw new AwsError('TLDRulesViolation', `Domain ${name} is locked`);
  }
}

const isOver = ({endsMs}: Operation): boolean => endsMs <= Date.now();

function statusOf(operation: Operation): string {
  if (isOver(operation)) {
    return operation.failure === undefined ? 'SUCCESSFUL' : 'FAILED';
  }
  const half = (operation.submittedMs + operation.endsMs) / 2;
  return Date.now() < half ? 'SUBMITTED' : 'IN_PROGRESS';
}

/** Times are seconds since 1970, as JSON protocols of AWS have them. */
const operationTree = (operation: Operation) => ({
  OperationId: operation.id,
  Status: statusOf(operation),
  Message: isOver(operation) ? (operation.failure ?? '') : '',
  DomainName: operation.domain,
  Type: operation.type,
  SubmittedDate: operation.submittedMs / 1_000,
  LastUpdatedDate: Math.min(Date.now(), operation.endsMs) / 1_000,
});

const idOf = (domain: string, key: ZoneKey): string =>
  `${dsOf(`${domain}.`, key).keyTag}-${key.algorithm}`;

const detailOf = ({
  name,
  nameServers,
  keys = [],
  statuses = ['clientTransferProhibited'],
}: LabDomain) => ({
  DomainName: name,
  Nameservers: nameServers.map((server) => ({
    Name: server.name,
    ...(server.glue?.length ? {GlueIps: server.glue} : {}),
  })),
  AutoRenew: true,
  AdminPrivacy: true,
  RegistrantPrivacy: true,
  TechPrivacy: true,
  RegistrarName: 'Amazon Registrar, Inc.',
  StatusList: statuses,
  DnssecKeys: keys.map((key) => {
    const {keyTag, digestType, digest} = dsOf(`${name}.`, key);
    return {
      Algorithm: key.algorithm,
      Flags: key.flags,
      PublicKey: key.publicKey,
      DigestType: digestType,
      Digest: digest,
      KeyTag: keyTag,
      Id: idOf(name, key),
    };
  }),
});
