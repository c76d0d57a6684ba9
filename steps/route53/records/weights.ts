import {type Blocked, blocked} from '../../../src/index.ts';
import type {ZoneReader} from '../contract.ts';
import {sameSet} from './canonical.ts';
import {apex, refusedByRoute53, routed} from './obstacles.ts';
import type {RecordSet} from './record-set.ts';
import {contentOf, nameOf} from './record-text.ts';
import {inScope} from './scope.ts';
import type {ShiftInput} from './shift-input.ts';

type Side = ShiftInput['records'][number];

/**
 * The TTL of what a load balancer's name answers, which an alias to it has too: Route 53 sets it, and nobody can
 * change it.
 */
const aliasTtlSeconds = 60;

interface Situation {
  readonly zone: ZoneReader;
  readonly input: ShiftInput;
  readonly live: readonly RecordSet[];
  readonly to: readonly RecordSet[];
}

/** One record as the step makes it: both sides with their weights, or the one that answers alone. */
export function shared(
  {percent, oldIdentifier, newIdentifier}: ShiftInput,
  record: Side,
  from: readonly RecordSet[],
): readonly RecordSet[] {
  const old = oldSide(oldIdentifier, record, from);
  const next = newSide(record, old, groupOf(record, from));
  if (percent === 100) {
    return [next];
  }
  if (!old) {
    return [];
  }
  return percent === 0
    ? [simple(old)]
    : [
        {...simple(old), setIdentifier: oldIdentifier, weight: 100 - percent},
        {...next, setIdentifier: newIdentifier, weight: percent},
      ];
}

const groupOf = (record: Side, sets: readonly RecordSet[]): readonly RecordSet[] =>
  sets.filter((set) => inScope([record], set));

const oldSide = (
  oldIdentifier: string,
  record: Side,
  sets: readonly RecordSet[],
): RecordSet | undefined =>
  groupOf(record, sets).find(
    ({setIdentifier}) => setIdentifier === undefined || setIdentifier === oldIdentifier,
  );

/** All members of a weighted group have one TTL: that of what was there. */
function newSide(record: Side, old: RecordSet | undefined, group: readonly RecordSet[]): RecordSet {
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
    firstOf(input.records, (record) => stranger(situation, record)) ??
    firstOf(input.records, (record) => withoutOldSide(situation, record)) ??
    firstOf(input.records, (record) => unevenTtl(situation, record)) ??
    refusedByRoute53(facts)
  );
}

const firstOf = <Item>(
  items: readonly Item[],
  find: (item: Item) => Blocked | undefined,
): Blocked | undefined => items.map(find).find((found) => found !== undefined);

/** A third member of the group has a share of its own, of which the runbook says nothing. */
function stranger({zone, input, live}: Situation, record: Side): Blocked | undefined {
  const known = [undefined, input.oldIdentifier, input.newIdentifier];
  const found = groupOf(record, live).find(({setIdentifier}) => !known.includes(setIdentifier));
  return found
    ? blocked(
        `${zone.name} holds ${nameOf(found)} ${contentOf(found)}, which is neither the old side "${input.oldIdentifier}" nor the new side "${input.newIdentifier}".`,
        'Give oldIdentifier and newIdentifier as the zone has them; a group of three is not shifted by this step.',
      )
    : undefined;
}

/**
 * Shares are made of what the record answers now; where that is the new side already, or nothing, there is no old
 * side to keep.
 */
function withoutOldSide({zone, input, live}: Situation, record: Side): Blocked | undefined {
  const group = groupOf(record, live);
  const old = oldSide(input.oldIdentifier, record, live);
  if (!old) {
    return blocked(
      `${zone.name} holds no ${group.length === 0 ? `record ${nameOf(record)}` : `set "${input.oldIdentifier}" of ${nameOf(record)}`} to share with.`,
      'Correct the name, the type or oldIdentifier in the runbook; to create a record, use route53.swap-records.',
    );
  }
  return old.setIdentifier === undefined && sameSet(old, newSide(record, old, group))
    ? blocked(
        `${nameOf(record)} in ${zone.name} leads to the new side alone already (${contentOf(old)}): what the old side was is not known here.`,
        'To go back, reverse the run that shifted it; else swap the records with route53.swap-records.',
      )
    : undefined;
}

/**
 * A resolver keeps each answer for its own TTL: with two TTLs the shares of the clients are not those of the weights.
 */
function unevenTtl({zone, to}: Situation, record: Side): Blocked | undefined {
  const group = groupOf(record, to).filter(({weight}) => weight !== undefined);
  const plain = group.find(({ttlSeconds}) => ttlSeconds !== undefined);
  return plain && plain.ttlSeconds !== aliasTtlSeconds && group.some(({alias}) => alias)
    ? blocked(
        `${nameOf(plain)} in ${zone.name} would have a TTL of ${plain.ttlSeconds} s beside an alias, whose answers have ${aliasTtlSeconds} s: clients would not be shared as the weights say.`,
        `Set the TTL of ${plain.name} to ${aliasTtlSeconds} s first (route53.lower-ttl), and wait until the old one is over.`,
      )
    : undefined;
}
