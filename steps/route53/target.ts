import {z} from 'zod';
import {defineTarget} from '../../src/index.ts';
import {awsConfig, awsRights, type ResourcesOf} from '../aws/index.ts';
import type {Batch, Domain, ZoneReader} from './contract.ts';
import {
  type Access,
  allSets,
  domainOf,
  isInSync,
  protectionsOf,
  sent,
  setsNamed,
} from './zone/api.ts';
import {route53Clients} from './zone/clients.ts';

/** A hosted zone of Route 53. */
export const hostedZone = defineTarget({
  kind: 'route53-zone',
  config: awsConfig.extend({
    zoneId: z
      .string()
      .min(1)
      .transform((id) => id.replace(/^\/hostedzone\//, '')),
    /** Route 53 allows five for the whole account; less leaves some to others. */
    requestsPerSecond: z.number().int().positive().default(5),
  }),
  rights: async ({zoneId, ...aws}, needs, context) => [
    await awsRights(aws, needs, resourcesOf(zoneId), context),
  ],
  open: async ({zoneId, ...aws}, {name}) => {
    const clients = route53Clients(aws);
    const access = {name, zoneId, clients: clients.get};
    const reader = readerOf(access);
    const writer = {
      ...reader,
      send: (batch: Batch, signal: AbortSignal) => sent(access, batch, signal),
    };
    return {reader, writer, close: clients.close};
  },
});

/**
 * On what the actions of Route 53 are made (Service Authorization Reference, Amazon Route 53): no region, no account.
 */
const resourcesOf =
  (zoneId: string): ResourcesOf =>
  (action) =>
    action === 'route53:GetChange'
      ? ['arn:aws:route53:::change/*']
      : action.startsWith('route53:')
        ? [`arn:aws:route53:::hostedzone/${zoneId}`]
        : ['*'];

function readerOf(access: Access): ZoneReader {
  let domain: Domain | undefined;
  let knowsProtections = true;
  return {
    name: access.name,
    domain: async (signal) => {
      // Neither the name of a zone nor its owner ever changes.
      domain ??= await domainOf(access, signal);
      return domain;
    },
    setsAt: (names, signal) => setsNamed(access, names, signal),
    allSets: (signal) => allSets(access, signal),
    protections: async (signal) => {
      const found = knowsProtections ? await protectionsOf(access, signal) : undefined;
      knowsProtections = found !== undefined;
      return found ?? [];
    },
    isInSync: (changeId, signal) => isInSync(access, changeId, signal),
  };
}
