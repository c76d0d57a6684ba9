import {execFile} from 'node:child_process';
import {setTimeout as sleep} from 'node:timers/promises';
import {createRoute53} from '../../../lab/aws/route53.ts';
import {startAuthoritative} from '../../../lab/dns/authoritative.ts';
import {dsOf, type ZoneKey} from '../../../lab/dns/signing.ts';
import {chooseNetwork, pickPort} from '../../../lab/network.ts';
import {dnsView} from '../../../steps/dns/target.ts';
import {dnsZone} from '../../../steps/name-servers/target.ts';
import {exchange, exchangeMessage} from '../../../steps/name-servers/wire/exchange.ts';
import {questionMessage} from '../../../steps/name-servers/wire/message.ts';
import {rcodeOf} from '../../../steps/name-servers/wire/rcodes.ts';
import {hostedZone, registrar} from '../../../steps/route53/target.ts';
import {credentials, started} from '../../lab/aws/started.ts';
import {type NamedZone, startNamed} from '../dns/named.ts';
import {relay} from '../dns/relay.ts';

const {signal} = new AbortController();
export const domain = 'moving.test';
const aws = ['ns-1.awsdns.test.', 'ns-2.awsdns.test.'];
const olds = ['ns1.old.test.', 'ns2.old.test.'];
export type BindWorld = Awaited<ReturnType<typeof startBindWorld>>;

/**
 * The internet in small, all at one port: a root, BIND as the signed parent zone `test`, as the signed old name server
 * and as a validating resolver, and the lab's Route 53 with its two name servers.
 */
export async function startBindWorld(oldText: string) {
  const {prefix} = chooseNetwork();
  const resolverAt = '127.0.0.1';
  const [root, parentAt, oldAt, aws1, aws2] = [1, 2, 3, 4, 5].map((last) => `${prefix}${last}`) as [
    string,
    string,
    string,
    string,
    string,
  ];
  const port = await pickPort(resolverAt, root, parentAt, oldAt, aws1, aws2);
  const ends: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    await Promise.all(ends.splice(0).map((end) => end()));
  };
  const named = async (address: string, zones: readonly NamedZone[]) => {
    const server = await startNamed({zones});
    ends.push(server.stop, await relay(address, port, server.port));
    return server;
  };
  const serve = async (address: string, zone: Parameters<typeof startAuthoritative>[0]['zone']) => {
    const server = await startAuthoritative({address, port, zone});
    ends.push(() => server.stop());
  };
  try {
    const address = (name: string, value: string) => ({name, type: 'A', ttl: 60, values: [value]});
    await serve(root, () => ({
      name: '.',
      nameServers: ['a.root.'],
      records: [
        address('a.root.', root),
        {name: 'test.', type: 'NS', ttl: 60, values: ['ns.test.']},
        address('ns.test.', parentAt),
      ],
    }));
    const old = await named(oldAt, [
      {
        name: domain,
        text: oldText,
        clauses:
          'dnssec-policy default; inline-signing yes; allow-transfer { any; }; check-names ignore;',
      },
    ]);
    const ds = dsText(await keyOf(old.at, domain));
    const parent = await named(parentAt, [
      {
        name: 'test',
        text: `$TTL 60
@ SOA ns.test. hostmaster.test. 1 7200 900 1209600 1
@ NS ns.test.
ns A ${parentAt}
ns1.old A ${oldAt}
ns2.old A ${oldAt}
ns-1.awsdns A ${aws1}
ns-2.awsdns A ${aws2}
moving 1 NS ${olds[0]}
moving 1 NS ${olds[1]}
moving 1 DS ${ds}
`,
        clauses: 'dnssec-policy default; allow-update { any; };',
      },
    ]);
    const anchor = await keyOf(parent.at, 'test');
    const resolver = await startNamed({
      address: resolverAt,
      port,
      zones: [],
      options:
        'recursion yes; allow-recursion { any; }; dnssec-validation yes; prefetch 0; servfail-ttl 0;',
      clauses: `zone "." { type hint; file "root.hints"; };
trust-anchors { "test" static-key ${anchor.flags} 3 ${anchor.algorithm} "${anchor.publicKey}"; };`,
      files: {'root.hints': `. 3600 NS a.root.\na.root. 3600 A ${root}\n`},
      asks: {name: 'ns.test', type: 'A'},
    });
    ends.push(resolver.stop);
    const route53 = createRoute53({
      zones: [
        {
          id: 'ZMOVING',
          name: domain,
          nameServers: aws,
          records: [{name: `${domain}.`, type: 'NS', ttl: 1, values: aws}],
        },
      ],
      insyncMs: 50,
    });
    for (const at of [aws1, aws2]) {
      await serve(at, () => ({
        name: domain,
        nameServers: aws,
        records: route53.published('ZMOVING'),
      }));
    }
    const {endpoint} = await started(route53);
    ends.push(() => endpoint.stop());
    const sessions = await opened({
      port,
      endpoint: endpoint.url,
      at: {parentAt, oldAt, aws1, aws2, resolverAt},
    });
    ends.push(() => sessions.zone.close());
    return {route53, sessions, ds, parent, resolver, stop, ...person(parent.port)};
  } catch (error) {
    await stop();
    throw error;
  }
}

async function opened({
  port,
  endpoint,
  at,
}: {
  readonly port: number;
  readonly endpoint: string;
  readonly at: Readonly<Record<'parentAt' | 'oldAt' | 'aws1' | 'aws2' | 'resolverAt', string>>;
}) {
  const zone = (name: string, of: string, ...servers: (readonly [string, string])[]) =>
    dnsZone.open(
      dnsZone.config.parse({
        domain: of,
        servers: servers.map(([server, address]) => ({name: server, at: `${address}:${port}`})),
      }),
      {name, signal},
    );
  return {
    old: await zone('old', domain, [olds[0] ?? '', at.oldAt], [olds[1] ?? '', at.oldAt]),
    new: await zone('new', domain, [aws[0] ?? '', at.aws1], [aws[1] ?? '', at.aws2]),
    parent: await zone('parent', 'test', ['ns.test', at.parentAt]),
    zone: await hostedZone.open(
      hostedZone.config.parse({endpoint, credentials, zoneId: 'ZMOVING', requestsPerSecond: 1_000}),
      {name: 'zone', signal},
    ),
    registrar: await registrar.open(
      registrar.config.parse({by: 'hand', domain, registrar: 'Gandi'}),
      {name: 'registrar', signal},
    ),
    dns: await dnsView.open(
      dnsView.config.parse({
        authoritative: [`${at.aws1}:${port}`],
        resolvers: [`${at.resolverAt}:${port}`],
      }),
      {name: 'dns', signal},
    ),
  };
}

/** Who enters at the registrar what was said, and whose registrar tells the parent zone. */
function person(port: number) {
  const update = (...lines: readonly string[]): Promise<void> =>
    new Promise((resolve, reject) => {
      const child = execFile('nsupdate', ['-t', '5'], (error) =>
        error ? reject(error) : resolve(),
      );
      child.stdin?.end(`server 127.0.0.1 ${port}\nzone test.\n${lines.join('\n')}\nsend\n`);
    });
  const nameServers = (names: readonly string[]) =>
    update(
      `update delete ${domain}. NS`,
      ...names.map((name) => `update add ${domain}. 1 NS ${name.replace(/\.$/, '')}.`),
    );
  const ds = (values: readonly string[]) =>
    update(
      `update delete ${domain}. DS`,
      ...values.map((value) => `update add ${domain}. 1 DS ${value}`),
    );
  return {
    nameServers,
    setDs: ds,
    /** Does what the words say, and nothing else. */
    obeys: async (words: string): Promise<void> => {
      const [, names] =
        /^at Gandi, enter (.+) as the name servers of \S+, and remove all others$/.exec(words) ??
        [];
      const [, entered] = /^at Gandi, enter for \S+ the DS records? (.+)$/.exec(words) ?? [];
      await (names !== undefined
        ? nameServers(names.split(', '))
        : entered !== undefined
          ? ds(entered.split('; '))
          : /^at Gandi, remove every DS record/.test(words)
            ? ds([])
            : undefined);
    },
  };
}

const dsText = (key: ZoneKey): string => {
  const {keyTag, algorithm, digestType, digest} = dsOf(`${domain}.`, key);
  return `${keyTag} ${algorithm} ${digestType} ${digest}`;
};

/** The key that signs the keys, once the server has made one. */
async function keyOf(server: string, zone: string): Promise<ZoneKey> {
  for (let tries = 0; tries < 200; tries += 1) {
    const reply = await exchange(server, {name: zone, type: 'DNSKEY'}, {recursive: false, signal});
    for (const answer of reply.answers ?? []) {
      if (answer.type === 'DNSKEY' && answer.data.flags === 257) {
        const {flags, algorithm, key} = answer.data;
        return {flags, algorithm, publicKey: key.toString('base64')};
      }
    }
    await sleep(50);
  }
  throw new Error(`${server} has no key for ${zone}`);
}

/** What a resolver says: `192.0.2.11 (secure)`, or its response code. */
export async function resolved(server: string, name: string, type = 'A'): Promise<string> {
  const query = questionMessage({name, type}, {recursive: true});
  // AD: it is to say whether it has validated.
  query.writeUInt8(0x20, 3);
  const {reply} = await exchangeMessage(server, query, {signal, timeoutMs: 5_000});
  const values = (reply.answers ?? []).flatMap((answer) =>
    answer.type === 'A' ? [String(answer.data)] : [],
  );
  return rcodeOf(reply) === 'NOERROR'
    ? `${values.sort().join(', ')}${reply.flag_ad ? ' (secure)' : ''}`
    : rcodeOf(reply);
}
