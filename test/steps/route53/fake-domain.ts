import type {TriedWorld} from 'switcharoo/testing';
import type {NameServer, RegistrarWriter} from '../../../steps/route53/contract.ts';
import type {SigningKey} from '../../../steps/route53/registrar/signing-key.ts';
import {fakeZone} from './fake-zone.ts';

export interface FakeDomain extends TriedWorld {
  nameServers: readonly NameServer[];
  keys: readonly SigningKey[];
  /** A name server of the parent that has not heard of the last change. */
  behind: readonly NameServer[] | undefined;
  locked: string | undefined;
  operation: string | undefined;
}

export const oldServers: readonly NameServer[] = [
  {name: 'ns1.shop.test.', glue: ['192.0.2.1']},
  {name: 'ns2.old.test.', glue: []},
];
export const oldKey: SigningKey = {flags: 257, algorithm: 13, publicKey: 'a2V5'};

/** A domain, its registrar and its parent zone, in small: the parent publishes at once what is entered. */
export function fakeDomain(given: Partial<FakeDomain> = {}): FakeDomain {
  const zone = fakeZone();
  const server = (address: string) => ({name: 'ns.test.', address});
  const parent = {
    name: 'parent',
    domain: 'test.',
    servers: [server('192.0.2.53'), server('192.0.2.54')],
    source: 'nowhere',
    records: async () => [],
    delegations: async (_child: string, signal: AbortSignal) => {
      signal.throwIfAborted();
      return [world.nameServers, world.behind ?? world.nameServers].map((nameServers, index) => ({
        kind: 'delegation',
        server: parent.servers[index],
        nameServers,
        ttl: 0,
      }));
    },
    ask: async (_question: unknown, signal: AbortSignal) => {
      signal.throwIfAborted();
      return parent.servers.map((one) => ({
        kind: 'answer',
        server: one,
        rcode: 'NOERROR',
        authoritative: true,
        answers: world.keys.map(({publicKey}) => ({
          name: 'shop.test.',
          type: 'DS',
          ttl: 3_600,
          value: `1 13 2 ${Buffer.from(publicKey).toString('hex')}`,
        })),
        authorities: [],
        additionals: [],
      }));
    },
  };
  const old = {...parent, name: 'old', domain: 'shop.test.'};
  const writer: RegistrarWriter = {
    name: 'registrar',
    domain: 'shop.test.',
    provider: 'Fake Registrar',
    registration: async () => ({
      nameServers: world.nameServers,
      keys: world.keys,
      ...(world.locked === undefined ? {} : {locked: world.locked}),
    }),
    pendingOperation: async () => world.operation,
    setNameServers: async (servers, signal) => {
      signal.throwIfAborted();
      world.nameServers = servers;
    },
    setKeys: async (keys, _ds, signal) => {
      signal.throwIfAborted();
      world.keys = keys;
    },
  };
  const session = (reader: unknown) => ({reader, writer: reader, close: async () => {}});
  const world: FakeDomain = {
    nameServers: oldServers,
    keys: [],
    behind: undefined,
    locked: undefined,
    operation: undefined,
    sessions: {
      registrar: session(writer),
      parent: session(parent),
      old: session(old),
      zone: zone.sessions.zone,
    },
    picture: async () => ({nameServers: world.nameServers, keys: world.keys}),
    ...given,
  };
  return world;
}
