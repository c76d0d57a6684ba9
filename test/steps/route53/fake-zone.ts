import type {TriedWorld} from 'switcharoo/testing';
import type {
  BatchResult,
  Protection,
  ZoneReader,
  ZoneWriter,
} from '../../../steps/route53/contract.ts';
import {canonicalName, identityOf, sameSet} from '../../../steps/route53/records/canonical.ts';
import type {RecordSet} from '../../../steps/route53/records/record-set.ts';

/** What Route 53 answers to a batch instead of making it; `lost` makes it, and nobody hears of it. */
export type Answer = Exclude<BatchResult, {kind: 'accepted'}> | {readonly kind: 'lost'};

export interface FakeZone extends TriedWorld {
  readonly sessions: {
    readonly zone: {reader: ZoneReader; writer: ZoneWriter; close(): Promise<void>};
  };
  sets: readonly RecordSet[];
  /** The next answers, the first one first. */
  readonly answers: Answer[];
  /** How many looks at a change say PENDING. */
  pendingLooks: number;
  /** Happens right before the next batch is judged: a colleague who is quicker. */
  meanwhile: (() => void) | undefined;
  protections: readonly Protection[];
  ownedBy: string | undefined;
  readonly batches: number;
}

/**
 * A hosted zone that is true in small: one batch is made whole or not at all, and what it deletes must be exactly
 * there.
 */
export function fakeZone(...sets: readonly RecordSet[]): FakeZone {
  let changes = 0;
  const reader: ZoneReader = {
    name: 'dns',
    domain: async () => ({
      name: 'shop.test.',
      nameServers: ['ns1.aws.test.', 'ns2.aws.test.'],
      ...(zone.ownedBy !== undefined && {ownedBy: zone.ownedBy}),
    }),
    setsAt: async (names, signal) => {
      signal.throwIfAborted();
      const wanted = new Set(names.map(canonicalName));
      return zone.sets.filter(({name}) => wanted.has(canonicalName(name)));
    },
    allSets: async (signal) => {
      signal.throwIfAborted();
      return zone.sets;
    },
    protections: async () => zone.protections,
    isInSync: async (_changeId, signal) => {
      signal.throwIfAborted();
      zone.pendingLooks -= 1;
      return zone.pendingLooks < 0;
    },
  };
  const writer: ZoneWriter = {
    ...reader,
    send: async ({deletes, creates}, signal) => {
      signal.throwIfAborted();
      zone.meanwhile?.();
      zone.meanwhile = undefined;
      const answer = zone.answers.shift();
      if (answer && answer.kind !== 'lost') {
        return answer;
      }
      const gone = deletes.find((set) => !zone.sets.some((one) => isVerbatim(one, set)));
      const rest = zone.sets.filter((one) => !deletes.some((set) => isVerbatim(one, set)));
      const known = new Set(rest.map(identityOf));
      const twice = creates.find((set) => known.has(identityOf(set)));
      if (gone ?? twice) {
        const refusal = 'InvalidChangeBatch: [the values provided do not match the current values]';
        return {kind: 'refused', answer: refusal};
      }
      const made = [...rest, ...creates];
      const beside = creates.find((set) => made.some((one) => isOtherPolicy(one, set)));
      if (beside) {
        return {kind: 'refused', answer: 'InvalidChangeBatch: [another routing policy exists]'};
      }
      zone.sets = made.sort(byIdentity);
      changes += 1;
      return answer
        ? {kind: 'unanswered', answer: 'TimeoutError: socket hang up'}
        : {kind: 'accepted', changeId: `C${changes}`, inSync: zone.pendingLooks === 0};
    },
  };
  const zone: FakeZone = {
    sessions: {zone: {reader, writer, close: async () => {}}},
    sets: [...sets].sort(byIdentity),
    answers: [],
    pendingLooks: 0,
    meanwhile: undefined,
    protections: [],
    ownedBy: undefined,
    get batches() {
      return changes;
    },
    picture: async () => zone.sets,
  };
  return zone;
}

/** As Route 53 compares for a DELETE: what is equal to a reader is not enough, but the order of values is free. */
const isVerbatim = (one: RecordSet, other: RecordSet): boolean =>
  sameSet(one, other) &&
  JSON.stringify([one.values ?? []].flat().sort()) ===
    JSON.stringify([other.values ?? []].flat().sort());

/** A simple set beside weighted ones of the same name and type. */
const isOtherPolicy = (one: RecordSet, other: RecordSet): boolean =>
  one.type === other.type &&
  canonicalName(one.name) === canonicalName(other.name) &&
  (one.setIdentifier === undefined) !== (other.setIdentifier === undefined);

const byIdentity = (one: RecordSet, other: RecordSet): number =>
  identityOf(one) < identityOf(other) ? -1 : 1;
