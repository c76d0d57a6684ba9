import type {ListResourceRecordSetsCommandOutput} from '@aws-sdk/client-route-53';
import {SwitcharooError} from '../../../src/index.ts';
import {awsProblem} from '../../aws/index.ts';
import type {Batch, BatchResult, Protection, ZoneDomain} from '../contract.ts';
import {canonicalName} from '../records/canonical.ts';
import {type RecordSet, toSdk} from '../records/record-set.ts';
import type {Clients} from './clients.ts';
import {everySet, type Start, setsAtNames} from './listing.ts';
import {requestRefused, zoneNotFound} from './problems.ts';
import {errorText, refusalOf} from './refusals.ts';

/** The most that a page holds. Without `MaxItems` a page may be smaller (external-dns has seen 100). */
const mostItems = 300;

/** One hosted zone, and its clients. */
export interface Access {
  /** The target's name in the inventory. */
  readonly name: string;
  readonly zoneId: string;
  clients(): Promise<Clients>;
}

export const domainOf = (access: Access, signal: AbortSignal): Promise<ZoneDomain> =>
  ask(access, 'GetHostedZone', signal, async ({sdk, reading}) => {
    const command = new sdk.GetHostedZoneCommand({Id: access.zoneId});
    const {HostedZone, DelegationSet} = await reading.send(command, {abortSignal: signal});
    const ownedBy = HostedZone?.LinkedService?.ServicePrincipal;
    return {
      name: canonicalName(HostedZone?.Name ?? ''),
      nameServers: (DelegationSet?.NameServers ?? []).map(canonicalName).sort(),
      ...(ownedBy && {ownedBy}),
    };
  });

/** Every set at these names, of all types. */
export const setsNamed = (
  access: Access,
  names: readonly string[],
  signal: AbortSignal,
): Promise<readonly RecordSet[]> =>
  setsAtNames(names, (start) => pageOfSets(access, start, signal));

export const allSets = (access: Access, signal: AbortSignal): Promise<readonly RecordSet[]> =>
  everySet((start) => pageOfSets(access, start, signal));

/** `undefined` where the account has no protections, or may not list them. */
export const protectionsOf = (
  access: Access,
  signal: AbortSignal,
): Promise<readonly Protection[] | undefined> =>
  ask(access, 'ListResourceRecordSetProtections', signal, async ({sdk, reading}) => {
    const protections: Protection[] = [];
    try {
      const pages = sdk.paginateListResourceRecordSetProtections(
        {client: reading},
        {HostedZoneId: access.zoneId},
        {abortSignal: signal},
      );
      for await (const {ResourceRecordSetProtections = []} of pages) {
        protections.push(
          ...ResourceRecordSetProtections.map(({RecordName = '', RecordType = ''}) => ({
            name: RecordName,
            type: RecordType,
          })),
        );
      }
      return protections;
    } catch (error) {
      // The call is newer than most partitions and policies; a batch that a protection forbids is refused anyway.
      if (['credentials', 'refused'].includes(refusalOf(error))) {
        return undefined;
      }
      throw error;
    }
  });

export const isInSync = (access: Access, Id: string, signal: AbortSignal): Promise<boolean> =>
  ask(access, 'GetChange', signal, async ({sdk, reading}) => {
    try {
      const command = new sdk.GetChangeCommand({Id});
      const {ChangeInfo} = await reading.send(command, {abortSignal: signal});
      return ChangeInfo?.Status === 'INSYNC';
    } catch (error) {
      if (error instanceof sdk.NoSuchChange) {
        return true;
      }
      throw error;
    }
  });

/** One attempt. A refusal, or no answer, is a result; wrong credentials and a wrong zone throw. */
export const sendBatch = (
  access: Access,
  batch: Batch,
  signal: AbortSignal,
): Promise<BatchResult> =>
  ask(access, 'ChangeResourceRecordSets', signal, async ({sdk, writing}) => {
    const Changes = [
      ...batch.deletes.map((set) => ({Action: 'DELETE' as const, ResourceRecordSet: toSdk(set)})),
      ...batch.creates.map((set) => ({Action: 'CREATE' as const, ResourceRecordSet: toSdk(set)})),
    ];
    const input = {HostedZoneId: access.zoneId, ChangeBatch: {Comment: 'switcharoo', Changes}};
    const command = new sdk.ChangeResourceRecordSetsCommand(input);
    try {
      const {ChangeInfo} = await writing.send(command, {abortSignal: signal});
      return {
        kind: 'accepted',
        changeId: (ChangeInfo?.Id ?? '').replace(/^\/change\//, ''),
        inSync: ChangeInfo?.Status === 'INSYNC',
      };
    } catch (error) {
      const kind = refusalOf(error);
      if (signal.aborted || kind === 'credentials' || kind === 'zone-not-found') {
        throw error;
      }
      return {kind, answer: errorText(error)};
    }
  });

function pageOfSets(
  access: Access,
  start: Start | undefined,
  signal: AbortSignal,
): Promise<ListResourceRecordSetsCommandOutput> {
  return ask(access, 'ListResourceRecordSets', signal, ({sdk, reading}) => {
    const query = {HostedZoneId: access.zoneId, ...start, MaxItems: mostItems};
    return reading.send(new sdk.ListResourceRecordSetsCommand(query), {abortSignal: signal});
  });
}

async function ask<Answer>(
  {name: target, zoneId, clients}: Access,
  operation: string,
  signal: AbortSignal,
  call: (clients: Clients) => Promise<Answer>,
): Promise<Answer> {
  signal.throwIfAborted();
  const openClients = await clients();
  signal.throwIfAborted();
  try {
    return await call(openClients);
  } catch (error) {
    signal.throwIfAborted();
    throw problemOf(error, {target, zoneId, action: `route53:${operation}`}) ?? error;
  }
}

function problemOf(
  cause: unknown,
  {
    target,
    zoneId,
    action,
  }: {readonly target: string; readonly zoneId: string; readonly action: string},
): SwitcharooError | undefined {
  switch (refusalOf(cause)) {
    case 'zone-not-found':
      return new SwitcharooError(zoneNotFound({target, zoneId}), {cause});
    case 'refused':
      return new SwitcharooError(requestRefused({target, action, answer: errorText(cause)}), {
        cause,
      });
    default:
      return awsProblem(`target ${target} (${action})`, cause);
  }
}
