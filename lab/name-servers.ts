import type {Route53} from './aws/route53.ts';
import {createRoute53Domains, type Domains} from './aws/route53-domains.ts';
import {balancerZone} from './balancer-name.ts';
import {startAuthoritative, type Zone} from './dns/authoritative.ts';
import {type Resolver, startResolver} from './dns/resolver.ts';
import type {DnsServer} from './dns/server.ts';
import {dsOf} from './dns/signing.ts';
import {startWatcher, type Watcher} from './dns/watcher.ts';
import {type Network, pickPort} from './network.ts';

/** A domain that is not at Route 53 yet: `runbooks/move-name-servers.ts` moves it. */
export const movingDomain = 'moving.test';
export const movingZoneId = 'Z0LABMOVING';
export const shopServers = ['ns-1.awsdns.test.', 'ns-2.awsdns.test.'];
const oldServer = 'ns1.old.test.';
/** Two days on the Internet: the TTL of delegations, and of the parent's DS records. */
const delegationTtlSeconds = 2;

const key = {
  flags: 257,
  algorithm: 13,
  publicKey:
    'mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==',
};

const plain = (name: string, type: string, ttl: number, ...values: string[]) => ({
  name: name === '@' ? `${movingDomain}.` : `${name}.${movingDomain}.`,
  type,
  ttl,
  values,
});

const oldRecords = [
  plain('@', 'A', 60, '192.0.2.10'),
  plain('@', 'MX', 300, '10 mail.moving.test.', '20 mail.elsewhere.example.'),
  plain('@', 'TXT', 300, '"v=spf1 mx -all"'),
  plain('@', 'CAA', 300, '0 issue "letsencrypt.org"'),
  plain('www', 'A', 1, '192.0.2.11', '192.0.2.12'),
  plain('api', 'CNAME', 60, 'www.moving.test.'),
  plain('mail', 'A', 1, '192.0.2.25'),
  plain('mail', 'AAAA', 60, '2001:db8::25'),
  plain('\\052.apps', 'A', 1, '192.0.2.80'),
  plain('_sip._tcp', 'SRV', 60, '10 60 5060 www.moving.test.'),
  plain('team', 'NS', 60, 'ns1.team.moving.test.'),
  plain('ns1.team', 'A', 60, '192.0.2.53'),
];

/** The name servers and the resolver of the lab. */
export interface NameServers {
  readonly domains: Domains;
  readonly authoritative: DnsServer;
  readonly resolver: Resolver;
  readonly watcher: Watcher;
  readonly variables: Readonly<Record<string, string>>;
}

export const domainsOfLab = (): Domains =>
  createRoute53Domains({
    domains: [
      {
        name: movingDomain,
        nameServers: [{name: oldServer.slice(0, -1)}, {name: 'ns2.old.test'}],
        keys: [key],
      },
    ],
    operationMs: 600,
    registryMs: 300,
  });

/** A new hosted zone: only the records that Route 53 creates, the NS with a TTL that a rehearsal can wait for. */
export const movingZone = {
  id: movingZoneId,
  name: movingDomain,
  nameServers: shopServers,
  records: [plain('@', 'NS', delegationTtlSeconds, ...shopServers)],
};

/**
 * The parent zone `test`, the old name servers of the moving domain and Route 53's two, each at an address of its own
 * and all at one port, so that delegations can be followed; and a resolver that starts at the parent.
 */
export async function startNameServers({
  network,
  route53,
  domains,
  shopZone,
  started,
}: {
  readonly network: Network;
  readonly route53: Route53;
  readonly domains: Domains;
  shopZone(): Zone;
  started<Part extends {stop(): Promise<void>}>(starting: Promise<Part>): Promise<Part>;
}): Promise<NameServers> {
  const at = {
    parent: `${network.prefix}50`,
    old: [`${network.prefix}51`, `${network.prefix}52`] as const,
    aws: [`${network.prefix}53`, `${network.prefix}54`] as const,
  };
  const port = await pickPort(at.parent, ...at.old, ...at.aws);
  const serve = (address: string, zone: () => Zone | readonly Zone[]) =>
    started(startAuthoritative({address, port, zone}));
  // It also knows the names of AWS's load balancers, so that the resolver finds them.
  await serve(at.parent, () => [parentZone(domains, at), balancerZone(network)]);
  await Promise.all(at.old.map((address) => serve(address, oldZone)));
  const [authoritative] = await Promise.all(
    at.aws.map((address) =>
      serve(address, () => [shopZone(), {...movingZone, records: route53.published(movingZoneId)}]),
    ),
  );
  const resolver = await started(
    startResolver({address: '127.0.0.1', authoritative: {address: at.parent, port}}),
  );
  const watcher = await started(
    Promise.resolve(startWatcher(`${resolver.address}:${resolver.port}`, watched)),
  );
  const serverAt = (address: string) => `${address}:${port}`;
  return {
    domains,
    authoritative: authoritative as DnsServer, // there are two
    resolver,
    watcher,
    variables: {
      LAB_PARENT_SERVER: serverAt(at.parent),
      LAB_OLD_SERVER_1: serverAt(at.old[0]),
      LAB_OLD_SERVER_2: serverAt(at.old[1]),
      LAB_AWS_SERVER_1: serverAt(at.aws[0]),
      LAB_AWS_SERVER_2: serverAt(at.aws[1]),
    },
  };
}

/** The names that the watcher looks up all the time: every answer must be right. */
const watched = oldRecords
  .filter(({ttl}) => ttl === 1)
  .map(({name, type, values}) => ({name: name.replace('\\052', 'shop'), type, values}));

const oldZone = (): Zone => ({
  name: movingDomain,
  nameServers: [oldServer, 'ns2.old.test.'],
  transferable: true,
  records: [
    ...oldRecords,
    plain('@', 'NS', delegationTtlSeconds, oldServer, 'ns2.old.test.'),
    plain('@', 'DNSKEY', delegationTtlSeconds, `${key.flags} 3 ${key.algorithm} ${key.publicKey}`),
  ],
});

function parentZone(
  domains: Domains,
  at: {readonly old: readonly string[]; readonly aws: readonly string[]; readonly parent: string},
): Zone {
  const {nameServers, keys = []} = domains.published(movingDomain);
  const ds = keys.map((zoneKey) => {
    const {keyTag, algorithm, digestType, digest} = dsOf(`${movingDomain}.`, zoneKey);
    return `${keyTag} ${algorithm} ${digestType} ${digest}`;
  });
  const addresses = [
    ...shopServers.map((name, index) => [name, at.aws[index]]),
    [oldServer, at.old[0]],
    ['ns2.old.test.', at.old[1]],
    ['ns.test.', at.parent],
  ] as const;
  return {
    name: 'test.',
    nameServers: ['ns.test.'],
    records: [
      {name: 'shop.test.', type: 'NS', ttl: 3_600, values: shopServers},
      plain('@', 'NS', delegationTtlSeconds, ...nameServers.map(({name}) => `${name}.`)),
      ...(ds.length > 0 ? [plain('@', 'DS', delegationTtlSeconds, ...ds)] : []),
      ...addresses.map(([name = '', address = '']) => ({
        name,
        type: 'A',
        ttl: 3_600,
        values: [address],
      })),
      // How long resolvers cache that there is no DS record.
      {
        name: 'test.',
        type: 'SOA',
        ttl: 1,
        values: ['ns.test. hostmaster.test. 1 7200 900 1209600 1'],
      },
    ],
  };
}
