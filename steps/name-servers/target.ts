import {defineTarget} from '../../src/index.ts';
import {zonePreflight} from './checks/servers.ts';
import type {DnsZoneConfig, DnsZoneReader, ZoneServer} from './contract.ts';
import {asZoneName} from './records/names.ts';
import {hostAndPort} from './wire/exchange.ts';
import {dnsZoneConfig} from './zone/config.ts';
import {delegationFrom} from './zone/delegation.ts';
import {queryServer} from './zone/query.ts';
import {fromFile, fromNames, fromTransfer} from './zone/sources.ts';

/** A zone at name servers: the old provider's, the parent's, or Route 53's own. */
export const dnsZone = defineTarget({
  kind: 'dns-zone',
  config: dnsZoneConfig,
  open: async (config, {name}) => {
    const reader = zoneReader(name, config);
    return {reader, writer: reader, close: async () => {}};
  },
  preflight: zonePreflight,
});

function zoneReader(name: string, config: DnsZoneConfig): DnsZoneReader {
  const {domain, zoneFile, names, tsig} = config;
  const servers = config.servers.map(zoneServer);
  const ask: DnsZoneReader['ask'] = (question, signal) =>
    Promise.all(servers.map((server) => queryServer(server, question, signal)));
  return {
    name,
    domain,
    servers,
    source: sourceText(config, servers),
    recordsFrom: zoneFile !== undefined ? 'file' : names ? 'names' : 'transfer',
    records: async (signal) => {
      signal.throwIfAborted();
      return zoneFile !== undefined
        ? fromFile(zoneFile, domain)
        : names
          ? fromNames(name, {names, domain, servers}, signal)
          : fromTransfer(name, {domain, servers, tsig}, signal);
    },
    ask,
    delegations: async (child, signal) =>
      (await ask({name: child, type: 'NS'}, signal)).map((reply) => delegationFrom(reply, child)),
  };
}

function sourceText({zoneFile, names}: DnsZoneConfig, servers: readonly ZoneServer[]): string {
  if (zoneFile !== undefined) {
    return `the file ${zoneFile}`;
  }
  return names ? `answers for ${names.length} names` : `a transfer from ${servers[0]?.address}`;
}

const zoneServer = (given: DnsZoneConfig['servers'][number]): ZoneServer =>
  typeof given === 'string'
    ? {name: asZoneName(hostAndPort(given).host), address: given}
    : {name: asZoneName(given.name), address: given.at};
