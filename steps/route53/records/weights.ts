import {type Blocked, blocked} from '../../../src/index.ts';
import type {ZoneReader} from '../contract.ts';
import {aliasTtlSeconds} from './alias.ts';
import {sameSet} from './canonical.ts';
import {apex, refusedByRoute53, routed} from './obstacles.ts';
import type {RecordSet} from './record-set.ts';
import {contentOf, recordName} from './record-text.ts';
import {inScope} from './scope.ts';
import type {ShiftInput} from './shift-input.ts';

type NewSide = ShiftInput['records'][number];

interface Situation {
  readonly zone: ZoneReader;
  readonly input: ShiftInput;
  readonly live: readonly RecordSet[];
  readonly to: readonly RecordSet[];
}

/** One record after the step: both sides with their weights, or the single side that answers alone. */
export function weightedSets(
  {percent, oldIdentifier, newIdentifier}: ShiftInput,
  record: NewSide,
  from: readonly RecordSet[],
): readonly RecordSet[] {
  const old = oldSide(oldIdentifier, record, from);
  const newSet = newSide(record, old, groupOf(record, from));
  if (percent === 100) {
    return [newSet];
  }
  if (!old) {
    return [];
  }
  return percent === 0
    ? [simple(old)]
    : [
        {...simple(old), setIdentifier: oldIdentifier, weight: 100 - percent},
        {...newSet, setIdentifier: newIdentifier, weight: percent},
      ];
}

const groupOf = (record: NewSide, sets: readonly RecordSet[]): readonly RecordSet[] =>
  sets.filter((set) => inScope([record], set));

const oldSide = (
  oldIdentifier: string,
  record: NewSide,
  sets: readonly RecordSet[],
): RecordSet | undefined =>
  groupOf(record, sets).find(
    ({setIdentifier}) => setIdentifier === undefined || setIdentifier === oldIdentifier,
  );

/** All members of a weighted group have one TTL: that of the old side. */
function newSide(
  record: NewSide,
  old: RecordSet | undefined,
  group: readonly RecordSet[],
): RecordSet {
  const ttlSeconds = (old ?? group[0])?.ttlSeconds ?? aliasTtlSeconds;
  return record.alias ? record : {...record, ttlSeconds};
}

function simple({setIdentifier: _id, weight: _weight, ...set}: RecordSet): RecordSet {
  return set;
}

export function obstacleToShift(situation: Situation): Blocked | undefined {
  const {zone, input, live, to} = situation;
  const facts = {zone, live, to};
  return (
    apex(facts) ??
    routed(facts) ??
    firstOf(input.records, (record) => thirdSide(situation, record)) ??
    firstOf(input.records, (record) => withoutOldSide(situation, record)) ??
    firstOf(input.records, (record) => unevenTtl(situation, record)) ??
    refusedByRoute53(facts)
  );
}

const firstOf = <Item>(
  items: readonly Item[],
  find: (item: Item) => Blocked | undefined,
): Blocked | undefined => items.map(find).find((obstacle) => obstacle !== undefined);

/** A third member of the group has a share of its own, and the runbook does not mention it. */
function thirdSide({zone, input, live}: Situation, record: NewSide): Blocked | undefined {
  const sides = [undefined, input.oldIdentifier, input.newIdentifier];
  const third = groupOf(record, live).find(({setIdentifier}) => !sides.includes(setIdentifier));
  return third
    ? blocked(
        `${zone.name} holds ${recordName(third)} ${contentOf(third)}, which is neither the old side "${input.oldIdentifier}" nor the new side "${input.newIdentifier}".`,
        'Set oldIdentifier and newIdentifier to those of the zone. A group of three sides must be changed by hand.',
      )
    : undefined;
}

/** The old side is the present record: without a record, or with the new side alone, there is none. */
function withoutOldSide({zone, input, live}: Situation, record: NewSide): Blocked | undefined {
  const group = groupOf(record, live);
  const old = oldSide(input.oldIdentifier, record, live);
  if (!old) {
    return blocked(
      `${zone.name} has no ${group.length === 0 ? `record ${recordName(record)}` : `set "${input.oldIdentifier}" of ${recordName(record)}`} that could keep a share of the answers.`,
      'Correct the name, the type or oldIdentifier in the runbook. To create a record, use route53.swap-records.',
    );
  }
  return old.setIdentifier === undefined && sameSet(old, newSide(record, old, group))
    ? blocked(
        `${recordName(record)} in ${zone.name} leads to the new side alone (${contentOf(old)}): its old side is unknown.`,
        'Reverse the run that shifted it, or set the record with route53.swap-records.',
      )
    : undefined;
}

/** A resolver keeps each answer for its TTL: with two TTLs the shares of the clients differ from the weights. */
function unevenTtl({zone, to}: Situation, record: NewSide): Blocked | undefined {
  const group = groupOf(record, to).filter(({weight}) => weight !== undefined);
  const plain = group.find(({ttlSeconds}) => ttlSeconds !== undefined);
  return plain && plain.ttlSeconds !== aliasTtlSeconds && group.some(({alias}) => alias)
    ? blocked(
        `${recordName(plain)} in ${zone.name} would have a TTL of ${plain.ttlSeconds} s, and the alias beside it ${aliasTtlSeconds} s: the shares of the clients would differ from the weights.`,
        `Set the TTL of ${plain.name} to ${aliasTtlSeconds} s (route53.lower-ttl), and wait until the old TTL has expired (dns.ttl-drained).`,
      )
    : undefined;
}
