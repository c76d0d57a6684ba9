import {z} from 'zod';
import {
  type Action,
  type Blocked,
  blocked,
  defineStep,
  done,
  type Look,
  pending,
} from '../../src/index.ts';
import {dnsZone} from '../name-servers/index.ts';
import {protectedSet} from './records/edit.ts';
import {type RecordSet, recordSet} from './records/record-set.ts';
import {replaceSets} from './records/replace.ts';
import {inScope, type Scope} from './records/scope.ts';
import {
  batchesOf,
  brokenBatch,
  conflicts,
  missingFrom,
  setsInWords,
  setsOf,
} from './records/zone-import.ts';
import {hostedZone} from './target.ts';

const input = z.object({
  /** What is not to be copied, by name and type: what Route 53 does not know, or has better already. */
  leaveOut: z.array(z.object({name: z.string(), type: z.string().toUpperCase()})).default([]),
});

const targets = {
  /** The zone at its old name servers. */
  old: dnsZone,
  zone: hostedZone,
  /** Who says which name servers the world asks. */
  parent: dnsZone,
};
type ImportLook = Look<typeof targets, z.output<typeof input>>;

const before = z.object({
  /** Exactly the sets that this run creates, in their order. */
  creates: recordSet.array(),
});
type Before = z.output<typeof before>;

/**
 * Copies a zone from its old name servers into a hosted zone. Nobody asks Route 53 for it before the delegation is
 * changed.
 */
export const importZone = defineStep({
  name: 'route53.import-zone',
  summary: 'Copy every record of a zone from its old name servers into a hosted zone.',
  targets,
  input,
  before,
  output: z.object({sets: z.number()}),
  reverses:
    'Removes exactly the record sets that it created, unless the world already asks Route 53.',
  needs: {
    old: ['to transfer the zone, or to ask for its names, over UDP and TCP'],
    zone: [
      'route53:GetHostedZone',
      'route53:ListResourceRecordSets',
      'route53:ListResourceRecordSetProtections',
      'route53:ChangeResourceRecordSets',
      'route53:GetChange',
    ],
    parent: ['to reach each server over UDP and TCP'],
  },
  timeoutMs: 2 * 3_600_000,

  check: async (look) => {
    const {
      targets: {old, zone},
      signal,
    } = look;
    const live = await zone.allSets(signal);
    const first = look.run.before === undefined ? undefined : before.parse(look.run.before);
    if (first) {
      return again(look, first, live);
    }
    const wrong = await wrongDomain(look);
    if (wrong) {
      return wrong;
    }
    const facts = {domain: old.domain, old: old.name, leaveOut: look.input.leaveOut};
    const wanted = setsOf(await old.records(signal), facts);
    if (wanted.kind === 'blocked') {
      return wanted.blocked;
    }
    const creates = missingFrom(live, wanted.sets);
    if (creates.length === 0) {
      return done({sets: wanted.sets.length});
    }
    const scope = scopeOf(creates);
    return (
      conflicts(zone.name, creates, live) ??
      (await protectedSet(zone, {scope, to: () => creates}, signal)) ??
      pending(
        {creates: [...creates]},
        {
          what: `${old.domain} in ${zone.name}`,
          is: `${wanted.sets.length - creates.length} of the ${wanted.sets.length} record sets of ${old.name}`,
          shouldBe: 'all of them',
        },
      )
    );
  },

  plan: async ({targets: {zone}, signal}, {creates}) => {
    const live = await zone.allSets(signal);
    return batchesOf(creates)
      .filter((batch) => !stands(batch, live))
      .map(creating);
  },

  reverse: async (look, {creates}) => {
    const {
      targets: {zone},
      signal,
    } = look;
    const live = await zone.allSets(signal);
    const batches = batchesOf(creates);
    const changed = batches.map((batch) => driftOf(look, batch, live)).find(Boolean);
    const standing = batches.filter((batch) => stands(batch, live));
    return (
      changed ??
      (standing.length > 0 ? await inUse(look) : undefined) ??
      standing.map(removing).reverse()
    );
  },
});

/** Once it has begun it is held to what it set out to create, whatever the old servers say since. */
function again(look: ImportLook, first: Before, live: readonly RecordSet[]) {
  const batches = batchesOf(first.creates);
  const changed = batches.map((batch) => driftOf(look, batch, live)).find(Boolean);
  const missing = batches.filter((batch) => !stands(batch, live)).length;
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

async function wrongDomain({
  targets: {old, zone},
  signal,
}: ImportLook): Promise<Blocked | undefined> {
  const {name, ownedBy} = await zone.domain(signal);
  if (name !== old.domain) {
    return blocked(
      `${old.name} holds ${old.domain} and ${zone.name} is the zone of ${name}`,
      'Correct domain or zoneId in the inventory.',
    );
  }
  return ownedBy
    ? blocked(
        `The zone ${name} of ${zone.name} belongs to ${ownedBy}, which overwrites what others change in it.`,
        'Create a hosted zone of your own for it.',
      )
    : undefined;
}

const scopeOf = (sets: readonly RecordSet[]): Scope => sets.map(({name, type}) => ({name, type}));

const within = (sets: readonly RecordSet[], live: readonly RecordSet[]): readonly RecordSet[] => {
  const scope = scopeOf(sets);
  return live.filter((set) => inScope(scope, set));
};

const stands = (batch: readonly RecordSet[], live: readonly RecordSet[]): boolean =>
  within(batch, live).length > 0;

const driftOf = (
  {targets: {zone}}: ImportLook,
  batch: readonly RecordSet[],
  live: readonly RecordSet[],
): Blocked | undefined => brokenBatch(zone.name, batch, within(batch, live));

async function inUse({
  targets: {zone, parent, old},
  signal,
}: ImportLook): Promise<Blocked | undefined> {
  const {nameServers} = await zone.domain(signal);
  for (const told of await parent.delegations(old.domain, signal)) {
    const servers = told.kind === 'no-answer' ? [] : told.nameServers.map(({name}) => name);
    if (told.kind === 'no-answer' || servers.some((name) => nameServers.includes(name))) {
      return blocked(
        told.kind === 'no-answer'
          ? `${told.server.address} of ${parent.name} does not say which name servers ${old.domain} has: ${told.reason}.`
          : `${told.server.address} of ${parent.name} sends whoever asks for ${old.domain} to ${servers.join(', ')}: without its records in ${zone.name} the domain would be gone.`,
        'Give the domain its old name servers back first, and wait until no cache holds the new ones.',
      );
    }
  }
  return undefined;
}

const creating = (batch: readonly RecordSet[]): Action<typeof targets> => ({
  on: 'zone',
  does: `create ${setsInWords(batch)}`,
  perform: (zone, signal, say) =>
    replaceSets(zone, {scope: scopeOf(batch), from: [], to: batch}, signal, say),
});

const removing = (batch: readonly RecordSet[]): Action<typeof targets> => ({
  on: 'zone',
  does: `delete ${setsInWords(batch)}`,
  perform: (zone, signal, say) =>
    replaceSets(zone, {scope: scopeOf(batch), from: batch, to: []}, signal, say),
});
