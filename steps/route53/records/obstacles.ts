import {type Blocked, blocked} from '../../../src/index.ts';
import type {ZoneReader} from '../contract.ts';
import {beyondLimits} from '../zone/limits.ts';
import {identityOf} from './canonical.ts';
import {ownedByExternalDns} from './ownership.ts';
import type {RecordSet} from './record-set.ts';
import {contentOf, nameOf} from './record-text.ts';
import {batchOf} from './replace.ts';
import type {SwapInput} from './swap-input.ts';

/** Types that send clients somewhere: one that is left untouched keeps sending them to the old place. */
const addressTypes = ['A', 'AAAA', 'CNAME', 'HTTPS', 'SVCB'];

/** Developer guide, "Quotas": records and characters of one request. */
const mostRecords = 1_000;
const mostCharacters = 32_000;

export interface Change {
  readonly zone: ZoneReader;
  readonly live: readonly RecordSet[];
  readonly to: readonly RecordSet[];
}

interface Situation extends Change {
  readonly input: SwapInput;
}

export function besideInTheWay(
  zone: ZoneReader,
  beside: readonly RecordSet[],
): Blocked | undefined {
  const owned = ownedByExternalDns(zone, beside);
  const neighbour = beside.find(({type}) => addressTypes.includes(type));
  return owned || !neighbour
    ? owned
    : blocked(
        `${zone.name} also holds ${nameOf(neighbour)} ${contentOf(neighbour)}, which the runbook does not name: its clients would stay at the old place.`,
        `Name ${nameOf(neighbour)} in the runbook too: in "sets" with its new values, or in "remove".`,
      );
}

/** What Route 53 would refuse, or what no one should do at a cutover, said before anything is sent. */
export function obstacleTo(situation: Situation): Blocked | undefined {
  return (
    apex(situation) ??
    unnamedMember(situation) ??
    routed(situation) ??
    unweighted(situation) ??
    refusedByRoute53(situation)
  );
}

export function apex({zone, live, to}: Change): Blocked | undefined {
  const found = [...live, ...to].find(({type}) => type === 'SOA' || type === 'NS');
  return found
    ? blocked(
        `${nameOf(found)} in ${zone.name} says which name servers answer: such records are not swapped.`,
        'Leave it out of the runbook; moving name servers is a change at the registrar.',
      )
    : undefined;
}

/** The runbook says which sets may be touched; another member of the same group is not among them. */
function unnamedMember({zone, input, live}: Situation): Blocked | undefined {
  const named = new Set(input.sets.map(identityOf));
  const removed = new Set(input.remove.map(identityOf));
  const other = live.find(
    ({name, type, setIdentifier}) =>
      !named.has(identityOf({name, type, setIdentifier})) && !removed.has(identityOf({name, type})),
  );
  return other
    ? blocked(
        `${zone.name} holds ${nameOf(other)} ${contentOf(other)}, which the runbook does not name.`,
        `Name it in "sets" by its setIdentifier, or give ${other.type} of this name in "remove" to replace the whole group.`,
      )
    : undefined;
}

/** Failover and its like move traffic by themselves, also back to the old place. */
export function routed({zone, live}: Change): Blocked | undefined {
  const found = live.find(({routing}) => routing !== undefined);
  return found
    ? blocked(
        `${nameOf(found)} in ${zone.name} is routed by ${Object.keys(found.routing ?? {}).join(', ')}, which decides by itself where clients go.`,
        'Make it a simple or a weighted record before the cutover, or leave it out of the runbook.',
      )
    : undefined;
}

function unweighted({zone, to}: Change): Blocked | undefined {
  const found = to.find(
    ({setIdentifier, weight}) => (setIdentifier === undefined) !== (weight === undefined),
  );
  return found
    ? blocked(
        `${nameOf(found)} for ${zone.name} has ${found.weight === undefined ? 'a setIdentifier and no weight' : 'a weight and no setIdentifier'}.`,
        'Give it both in the runbook, or neither.',
      )
    : undefined;
}

/** By its limits, of each set and of one batch. */
export const refusedByRoute53 = (change: Change): Blocked | undefined =>
  beyondLimits(change.zone, change.to) ?? tooLarge(change);

export function tooLarge({zone, live, to}: Change): Blocked | undefined {
  const {deletes, creates} = batchOf(live, to);
  const values = [...deletes, ...creates].flatMap((set) => set.values ?? ['']);
  const characters = values.join('').length;
  return values.length > mostRecords || characters > mostCharacters
    ? blocked(
        `The batch for ${zone.name} has ${values.length} records with ${characters} characters; one batch of Route 53 holds ${mostRecords} and ${mostCharacters}, and two batches can fail between them.`,
        'Split it into groups: several entries of the runbook, in an order that may stop half-way. Each is one batch, named by its id, and goes back by itself.',
      )
    : undefined;
}
