import {z} from 'zod';
import {defineTarget} from '../../src/index.ts';
import {awsConfig, awsRights, type ResourcesOf} from '../aws/index.ts';
import type {RecordSet} from './records/record-set.ts';
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

/** A hosted zone, to look at. */
export interface ZoneReader {
  /** The target's name in the inventory. */
  readonly name: string;
  /** The domain, with its trailing dot, and the AWS service that owns the zone, if one does. */
  domain(signal: AbortSignal): Promise<Domain>;
  /** Every set at these names, of all types, exactly as Route 53 lists it. A PENDING change is already in it. */
  setsAt(names: readonly string[], signal: AbortSignal): Promise<readonly RecordSet[]>;
  /** Every set of the zone. Route 53 promises no single moment for it while the zone is being changed. */
  allSets(signal: AbortSignal): Promise<readonly RecordSet[]>;
  /** What is protected against changes. Empty where the account does not know protections, or may not see them. */
  protections(signal: AbortSignal): Promise<readonly Protection[]>;
  /** Whether all name servers have a change. One that Route 53 no longer remembers is long done. */
  isInSync(changeId: string, signal: AbortSignal): Promise<boolean>;
}

export interface ZoneWriter extends ZoneReader {
  /** Sends one batch, once: all of it is made, or nothing. A set that is no longer exactly as in `deletes` refuses it. */
  send(batch: Batch, signal: AbortSignal): Promise<Sent>;
}

export interface Domain {
  readonly name: string;
  /** Its delegation set: the name servers that answer from this zone, wherever the parent sends people. */
  readonly nameServers: readonly string[];
  readonly ownedBy?: string;
}

export interface Protection {
  readonly name: string;
  readonly type: string;
}

export interface Batch {
  readonly deletes: readonly RecordSet[];
  readonly creates: readonly RecordSet[];
}

export type Sent =
  | {readonly kind: 'accepted'; readonly changeId: string; readonly inSync: boolean}
  /** Nothing was done; ask again later. */
  | {readonly kind: 'busy'; readonly said: string}
  /** Nothing was done, nor would it be. */
  | {readonly kind: 'refused'; readonly said: string}
  /** The answer was lost: only a look can tell whether it was made. */
  | {readonly kind: 'unanswered'; readonly said: string};

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

/** On what the actions of Route 53 are made (Service Authorization Reference, Amazon Route 53): no region, no account. */
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
