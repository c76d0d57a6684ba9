import {z} from 'zod';
import {
  type Action,
  type Blocked,
  blocked,
  defineStep,
  done,
  type Look,
  pending,
  remarked,
} from '../../src/index.ts';
import {dnsZone, liveDifferences, type ZoneRecord} from '../name-servers/index.ts';
import {protectedSet} from './records/edit.ts';
import {privateAddresses} from './records/private-addresses.ts';
import {type RecordSet, recordSet} from './records/record-set.ts';
import {replaceSets} from './records/replace.ts';
import {inScope, type Scope} from './records/scope.ts';
import {
  batchesOf,
  brokenBatch,
  conflicts,
  importedSets,
  missingFrom,
  omission,
  setsText,
} from './records/zone-import.ts';
import {hostedZone} from './target.ts';

const input = z.object({
  /**
   * Records that are not copied, by name and type: those that Route 53 does not support, or already has in a better
   * form.
   */
  leaveOut: z.array(z.object({name: z.string(), type: z.string().toUpperCase()})).default([]),
});

const targets = {
  /** The zone at its old name servers. */
  old: dnsZone,
  zone: hostedZone,
  /** The zone above, which delegates the domain. */
  parent: dnsZone,
};
type ImportLook = Look<typeof targets, z.output<typeof input>>;

const before = z.object({
  /** Exactly the sets that this run creates, in the order of their creation. */
  creates: recordSet.array(),
});
type Before = z.output<typeof before>;

/**
 * Copies a zone from its old name servers into a hosted zone. No resolver asks Route 53 before the delegation
 * changes.
 */
export const importZone = defineStep({
  name: 'route53.import-zone',
  summary: 'Copy every record of a zone from its old name servers into a hosted zone.',
  targets,
  input,
  before,
  output: z.object({sets: z.number()}),
  reverses:
    'Deletes exactly the record sets that the step created, unless the parent already delegates to Route 53.',
  needs: {
    old: ['to transfer the zone, or to query its names, over UDP and TCP'],
    zone: [
      'route53:GetHostedZone',
      'route53:ListResourceRecordSets',
      'route53:ListResourceRecordSetProtections',
      'route53:ChangeResourceRecordSets',
      'route53:GetChange',
    ],
    parent: ['to reach each server over UDP and TCP'],
  },
  effects: [{fact: 'copied', to: 'zone'}],
  timeoutMs: 2 * 3_600_000,
  neverSkip: 'Without it, the new name servers lack records of the domain.',

  check: async (look) => {
    const {
      targets: {old, zone},
      signal,
    } = look;
    const live = await zone.allSets(signal);
    const first = look.run.before === undefined ? undefined : before.parse(look.run.before);
    if (first) {
      return progress(look, first, live);
    }
    const mismatch = await domainMismatch(look);
    if (mismatch) {
      return mismatch;
    }
    const facts = {domain: old.domain, old: old.name, leaveOut: look.input.leaveOut};
    const records = await old.records(signal);
    const imported = importedSets(records, facts);
    if (imported.kind === 'blocked') {
      return imported.blocked;
    }
    const outdated = await otherThanLive(look, records);
    if (outdated) {
      return outdated;
    }
    const creates = missingFrom(live, imported.sets);
    if (creates.length === 0) {
      return done({sets: imported.sets.length});
    }
    const scope = scopeOf(creates);
    return (
      conflicts(zone.name, creates, live) ??
      (await protectedSet(zone, {scope, to: () => creates}, signal)) ??
      remarked(
        pending(
          {creates: [...creates]},
          {
            what: `${old.domain} in ${zone.name}`,
            is: `${imported.sets.length - creates.length} of the ${imported.sets.length} record sets of ${old.name}`,
            shouldBe: 'all of them',
          },
        ),
        privateAddresses(creates),
      )
    );
  },

  plan: async ({targets: {zone}, signal}, {creates}) => {
    const live = await zone.allSets(signal);
    return batchesOf(creates)
      .filter((batch) => !isCreated(batch, live))
      .map(creation);
  },

  reverse: async (look, {creates}) => {
    const {
      targets: {zone},
      signal,
    } = look;
    const live = await zone.allSets(signal);
    const batches = batchesOf(creates);
    const changed = batches.map((batch) => driftOf(look, batch, live)).find(Boolean);
    const created = batches.filter((batch) => isCreated(batch, live));
    return (
      changed ??
      (created.length > 0 ? await inUse(look) : undefined) ??
      created.map(deletion).reverse()
    );
  },
});

/** Records that were not transferred are held against what the old name servers answer now. */
async function otherThanLive(
  {input: {leaveOut}, targets: {old}, stillReading, signal}: ImportLook,
  records: readonly ZoneRecord[],
): Promise<Blocked | undefined> {
  const differences = await liveDifferences(old, records, {
    leftOut: omission(leaveOut),
    stillReading,
    signal,
  });
  const more = differences.length - shownDifferences;
  return differences.length === 0
    ? undefined
    : blocked(
        `The answers of the old name servers differ from ${old.source}: ${differences.slice(0, shownDifferences).join('; ')}${more > 0 ? `; and ${more} more` : ''}.`,
        old.recordsFrom === 'file'
          ? 'Export the zone again. If only the serial differs and nobody has changed a record since, set the serial in the file. Add a record that should not move to leaveOut of the import.'
          : 'Add the names to "names" of the target in the inventory. Add a record that should not move to leaveOut of the import.',
      );
}

const shownDifferences = 4;

/** Once the run has started, only the sets of its before-image count, whatever the old servers answer since. */
function progress(look: ImportLook, first: Before, live: readonly RecordSet[]) {
  const batches = batchesOf(first.creates);
  const changed = batches.map((batch) => driftOf(look, batch, live)).find(Boolean);
  const missing = batches.filter((batch) => !isCreated(batch, live)).length;
  return (
    changed ??
    (missing === 0
      ? done({sets: first.creates.length})
      : pending(first, {
          what: `${look.targets.old.domain} in ${look.targets.zone.name}`,
          is: `${batches.length - missing} of ${batches.length} batches`,
          shouldBe: 'all of them',
        }))
  );
}

async function domainMismatch({
  targets: {old, zone},
  signal,
}: ImportLook): Promise<Blocked | undefined> {
  const {name, ownedBy} = await zone.domain(signal);
  if (name !== old.domain) {
    return blocked(
      `${old.name} holds ${old.domain}, and ${zone.name} is the zone of ${name}.`,
      'Correct domain or zoneId in the inventory.',
    );
  }
  return ownedBy
    ? blocked(
        `The zone ${name} of ${zone.name} belongs to ${ownedBy}, which overwrites the changes of others.`,
        `Create another hosted zone for ${name}, and set its id in the inventory.`,
      )
    : undefined;
}

const scopeOf = (sets: readonly RecordSet[]): Scope => sets.map(({name, type}) => ({name, type}));

const setsAmong = (
  sets: readonly RecordSet[],
  live: readonly RecordSet[],
): readonly RecordSet[] => {
  const scope = scopeOf(sets);
  return live.filter((set) => inScope(scope, set));
};

const isCreated = (batch: readonly RecordSet[], live: readonly RecordSet[]): boolean =>
  setsAmong(batch, live).length > 0;

const driftOf = (
  {targets: {zone}}: ImportLook,
  batch: readonly RecordSet[],
  live: readonly RecordSet[],
): Blocked | undefined => brokenBatch(zone.name, batch, setsAmong(batch, live));

async function inUse({
  targets: {zone, parent, old},
  signal,
}: ImportLook): Promise<Blocked | undefined> {
  const {nameServers} = await zone.domain(signal);
  for (const reply of await parent.delegations(old.domain, signal)) {
    const servers = reply.kind === 'no-answer' ? [] : reply.nameServers.map(({name}) => name);
    if (reply.kind === 'no-answer' || servers.some((name) => nameServers.includes(name))) {
      return blocked(
        reply.kind === 'no-answer'
          ? `${reply.server.address} of ${parent.name} does not answer which name servers ${old.domain} has: ${reply.reason}.`
          : `${reply.server.address} of ${parent.name} delegates ${old.domain} to ${servers.join(', ')}: without its records in ${zone.name} the domain would not resolve.`,
        'Restore the old name servers at the registrar, and wait until the NS records of the new ones have expired.',
      );
    }
  }
  return undefined;
}

const creation = (batch: readonly RecordSet[]): Action<typeof targets> => ({
  on: 'zone',
  does: `create ${setsText(batch)}`,
  perform: (zone, signal, say) =>
    replaceSets(zone, {scope: scopeOf(batch), from: [], to: batch}, signal, say),
});

const deletion = (batch: readonly RecordSet[]): Action<typeof targets> => ({
  on: 'zone',
  does: `delete ${setsText(batch)}`,
  perform: (zone, signal, say) =>
    replaceSets(zone, {scope: scopeOf(batch), from: batch, to: []}, signal, say),
});
