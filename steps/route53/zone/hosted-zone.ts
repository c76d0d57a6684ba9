import type {
  Batch,
  HostedZoneConfig,
  Protection,
  ZoneDomain,
  ZoneReader,
  ZoneWriter,
} from '../contract.ts';
import {
  type Access,
  allSets,
  domainOf,
  isInSync,
  protectionsOf,
  sendBatch,
  setsNamed,
} from './api.ts';
import {route53Clients} from './clients.ts';

interface OpenedZone {
  readonly reader: ZoneReader;
  readonly writer: ZoneWriter;
  close(): Promise<void>;
}

/** `name` is the target's name in the inventory. */
export function openHostedZone(name: string, {zoneId, ...aws}: HostedZoneConfig): OpenedZone {
  const clients = route53Clients(aws);
  const access = {name, zoneId, clients: clients.get};
  const reader = readerOf(access);
  const writer = {
    ...reader,
    send: (batch: Batch, signal: AbortSignal) => sendBatch(access, batch, signal),
  };
  return {reader, writer, close: clients.close};
}

function readerOf(access: Access): ZoneReader {
  let domain: ZoneDomain | undefined;
  let supportsProtections = true;
  return {
    name: access.name,
    domain: async (signal) => {
      // Neither the name of a zone nor its owner ever changes.
      domain ??= await domainOf(access, signal);
      return domain;
    },
    setsAt: (names, signal) => setsNamed(access, names, signal),
    allSets: (signal) => allSets(access, signal),
    protections: async (signal): Promise<readonly Protection[]> => {
      const protections = supportsProtections ? await protectionsOf(access, signal) : undefined;
      supportsProtections = protections !== undefined;
      return protections ?? [];
    },
    isInSync: (changeId, signal) => isInSync(access, changeId, signal),
  };
}
