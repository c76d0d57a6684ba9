import {z} from 'zod';
import {jsonService} from './json-service.ts';
import {AwsError} from './replies.ts';
import {detailOf, keyId, type LabDomain, operationTree, statusOf} from './route53-domain-shapes.ts';
import {type DomainsOptions, Registry} from './route53-registry.ts';
import type {AwsService} from './service.ts';

/** Route 53 Domains of the lab. */
export interface Domains extends AwsService {
  /** The domain as the parent zone has it now. */
  published(name: string): LabDomain;
  /** Changes a domain outside of the API's operations, as a colleague in the console would. */
  edit(name: string, change: (domain: LabDomain) => LabDomain): void;
  /** The next operation fails with this message, and changes nothing. */
  failNext(message: string): void;
}

export function createRoute53Domains(options: DomainsOptions): Domains {
  const registry = new Registry(options);
  const service = jsonService('route53domains', 'Route53Domains_v20140515.', {
    GetDomainDetail: (body) => detailOf(registry.domain(named.parse(body).DomainName)),
    UpdateDomainNameservers: (body) => updateNameServers(registry, body),
    AssociateDelegationSignerToDomain: (body) => addKey(registry, body),
    DisassociateDelegationSignerFromDomain: (body) => removeKey(registry, body),
    GetOperationDetail: (body) => operationDetail(registry, body),
    ListOperations: (body) => operationsPage(registry, body),
  });
  return {
    signingName: 'route53domains',
    handle: async (request) => {
      registry.advance();
      return service.handle(request).catch((error) => {
        throw error instanceof z.ZodError
          ? new AwsError('InvalidInput', z.prettifyError(error))
          : error;
      });
    },
    published: (name) => {
      registry.advance();
      return registry.published(name);
    },
    edit: (name, change) => {
      registry.advance();
      registry.edit(name, change);
    },
    failNext: (message) => registry.failNext(message),
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

function updateNameServers(registry: Registry, body: unknown) {
  const {DomainName, Nameservers} = updating.parse(body);
  refuseServers(DomainName, Nameservers);
  const nameServers = Nameservers.map(({Name, GlueIps = []}) => ({
    name: Name.toLowerCase(),
    ...(GlueIps.length > 0 ? {glue: GlueIps} : {}),
  }));
  refuseLocked(registry.domain(DomainName));
  return registry.submit(DomainName, 'UPDATE_NAMESERVER', (domain) => ({...domain, nameServers}));
}

function addKey(registry: Registry, body: unknown) {
  const {DomainName, SigningAttributes: key} = associating.parse(body);
  const added = {flags: key.Flags, algorithm: key.Algorithm, publicKey: key.PublicKey};
  const {keys = []} = registry.domain(DomainName);
  if (keys.length >= 4) {
    throw new AwsError(
      'DnssecLimitExceeded',
      'The number of DNSSEC keys of this domain is exceeded',
    );
  }
  return registry.submit(DomainName, 'ADD_DNSSEC', (domain) => ({
    ...domain,
    keys: [...(domain.keys ?? []), added],
  }));
}

function removeKey(registry: Registry, body: unknown) {
  const {DomainName, Id} = disassociating.parse(body);
  const {keys = [], name} = registry.domain(DomainName);
  if (!keys.some((key) => keyId(name, key) === Id)) {
    throw new AwsError('InvalidInput', `Delegation signer with ID ${Id} not found`);
  }
  return registry.submit(DomainName, 'REMOVE_DNSSEC', (domain) => ({
    ...domain,
    keys: (domain.keys ?? []).filter((key) => keyId(name, key) !== Id),
  }));
}

function operationDetail(registry: Registry, body: unknown) {
  const {OperationId} = z.object({OperationId: z.string()}).parse(body);
  const operation = registry.operations.find(({id}) => id === OperationId);
  if (!operation) {
    throw new AwsError('InvalidInput', `Operation ${OperationId} not found`);
  }
  return operationTree(operation);
}

function operationsPage(registry: Registry, body: unknown) {
  const {Status, MaxItems = 20, Marker} = listing.parse(body);
  const operations = registry.operations.filter(
    (operation) => Status === undefined || Status.includes(statusOf(operation)),
  );
  const from = Number(Marker ?? 0);
  const next = from + MaxItems;
  return {
    Operations: operations.slice(from, next).map(operationTree),
    ...(next < operations.length ? {NextPageMarker: String(next)} : {}),
  };
}

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
