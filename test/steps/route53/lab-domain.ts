import type {TriedWorld} from 'switcharoo/testing';
import {createRoute53} from '../../../lab/aws/route53.ts';
import {createRoute53Domains, type Domains} from '../../../lab/aws/route53-domains.ts';
import {startAuthoritative} from '../../../lab/dns/authoritative.ts';
import {dsOf, type ZoneKey} from '../../../lab/dns/signing.ts';
import {dnsZone} from '../../../steps/name-servers/target.ts';
import {hostedZone, registrar} from '../../../steps/route53/target.ts';
import {credentials, type Started, started} from '../../lab/aws/started.ts';
import {text} from '../dns/world.ts';

export interface LabDomainWorld extends TriedWorld {
  readonly domains: Domains;
  readonly endpoint: Started['endpoint'];
  readonly close: () => Promise<void>;
}

export const labKey: ZoneKey = {flags: 257, algorithm: 13, publicKey: 'bXkga2V5'};

/** Route 53 Domains and Route 53 of the lab behind the real SDK, a parent zone that follows them, and old servers. */
export async function labDomain({
  keys = [],
  operationMs = 30,
  registryMs = 20,
  ttl = 0,
}: {
  readonly keys?: readonly ZoneKey[];
  readonly operationMs?: number;
  readonly registryMs?: number;
  readonly ttl?: number;
} = {}): Promise<LabDomainWorld> {
  const domains = createRoute53Domains({
    domains: [
      {
        name: 'shop.test',
        nameServers: [{name: 'ns1.shop.test', glue: ['192.0.2.1']}, {name: 'ns2.old.test'}],
        keys,
      },
    ],
    operationMs,
    registryMs,
  });
  const aws = ['ns-1.aws.test.', 'ns-2.aws.test.'];
  const own = {name: 'shop.test.', type: 'NS', ttl, values: aws};
  const route53 = createRoute53({
    zones: [{id: 'ZSHOP', name: 'shop.test', nameServers: aws, records: [own]}],
    insyncMs: 0,
  });
  const {endpoint} = await started(route53, domains);
  const address = '127.0.0.1';
  const old = await startAuthoritative({
    address,
    zone: () => ({
      name: 'shop.test.',
      nameServers: ['ns1.shop.test.'],
      records: [{...own, values: ['ns1.shop.test.']}],
    }),
  });
  const parent = await startAuthoritative({address, zone: () => parentOf(domains, ttl)});
  const {signal} = new AbortController();
  const config = {endpoint: endpoint.url, credentials};
  const open = (name: string, given: object) =>
    dnsZone.open(dnsZone.config.parse(given), {name, signal});
  const sessions = {
    registrar: await registrar.open(
      registrar.config.parse({by: 'route53-domains', domain: 'shop.test', ...config}),
      {name: 'registrar', signal},
    ),
    zone: await hostedZone.open(
      hostedZone.config.parse({...config, zoneId: 'ZSHOP', requestsPerSecond: 1_000}),
      {name: 'zone', signal},
    ),
    parent: await open('parent', {domain: 'test', servers: [text(parent)]}),
    old: await open('old', {domain: 'shop.test', servers: [text(old)]}),
  };
  return {
    domains,
    endpoint,
    sessions,
    picture: async () => domains.published('shop.test'),
    close: async () => {
      await Promise.all(Object.values(sessions).map((session) => session.close()));
      await Promise.all([endpoint.stop(), old.stop(), parent.stop()]);
    },
  };
}

function parentOf(domains: Domains, ttl: number) {
  const {nameServers, keys = []} = domains.published('shop.test');
  const ds = keys.map((key) => {
    const {keyTag, algorithm, digestType, digest} = dsOf('shop.test.', key);
    return `${keyTag} ${algorithm} ${digestType} ${digest}`;
  });
  return {
    name: 'test.',
    nameServers: ['ns.test.'],
    records: [
      {name: 'shop.test.', type: 'NS', ttl, values: nameServers.map(({name}) => `${name}.`)},
      ...(ds.length > 0 ? [{name: 'shop.test.', type: 'DS', ttl, values: ds}] : []),
      ...nameServers.flatMap(({name, glue = []}) =>
        glue.length > 0 ? [{name: `${name}.`, type: 'A', ttl, values: glue}] : [],
      ),
    ],
  };
}
