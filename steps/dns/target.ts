import {z} from 'zod';
import {defineTarget} from '../../src/index.ts';
import {serverAddress} from '../name-servers/index.ts';
import {queryServer} from './answers/query.ts';
import {dnsPreflight} from './checks/servers.ts';
import type {DnsConfig, DnsReader} from './contract.ts';

const config = z.object({
  authoritative: z.array(serverAddress).min(1),
  resolvers: z.array(serverAddress).default([]),
  /** Name servers of the parent domain, which delegate this one. */
  parents: z.array(serverAddress).default([]),
});

/** The name servers where the gates check a change of DNS. */
export const dnsView = defineTarget({
  kind: 'dns',
  config,
  open: async (config, {name}) => {
    const reader = dnsReader(name, config);
    return {reader, writer: reader, close: async () => {}};
  },
  preflight: dnsPreflight,
});

const dnsReader = (name: string, {authoritative, resolvers, parents}: DnsConfig): DnsReader => ({
  name,
  ask: (question, signal, over) =>
    Promise.all([
      ...authoritative.map((server) =>
        queryServer(server, 'authoritative', question, {signal, over}),
      ),
      ...resolvers.map((server) => queryServer(server, 'resolver', question, {signal, over})),
    ]),
  hasResolvers: resolvers.length > 0,
  parents: parents.length,
  askParents: (question, signal) =>
    Promise.all(parents.map((server) => queryServer(server, 'parent', question, {signal}))),
});
