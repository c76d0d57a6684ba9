import {type Blocked, blocked} from '../../../src/index.ts';
import type {ZoneReader} from '../contract.ts';
import {beyondLimits} from '../zone/limits.ts';
import {addressTypes} from './alias.ts';
import {canonicalName, identityOf} from './canonical.ts';
import {ownedByExternalDns} from './ownership.ts';
import type {RecordSet} from './record-set.ts';
import {contentOf, recordName} from './record-text.ts';
import {batchOf} from './replace.ts';
import type {SwapInput} from './swap-input.ts';

/** Developer guide, "Quotas": records and characters of one request. */
const mostRecords = 1_000;
const mostCharacters = 32_000;

interface Change {
  readonly zone: ZoneReader;
  readonly live: readonly RecordSet[];
  readonly to: readonly RecordSet[];
}

interface Situation extends Change {
  readonly input: SwapInput;
  /** Sets at the same names that the step does not change. */
  readonly neighbours: readonly RecordSet[];
}

export function unnamedNeighbour(
  zone: ZoneReader,
  neighbours: readonly RecordSet[],
): Blocked | undefined {
  const owned = ownedByExternalDns(zone, neighbours);
  const neighbour = neighbours.find(({type}) => addressTypes.includes(type));
  return owned || !neighbour
    ? owned
    : blocked(
        `${zone.name} also holds ${recordName(neighbour)} ${contentOf(neighbour)}, which is not in the runbook: its clients would keep using the old address.`,
        `Add ${recordName(neighbour)} to the runbook: to "sets" with its new values, or to "remove".`,
      );
}

/** A change that Route 53 would refuse, or that is unsafe in a cutover, found before anything is sent. */
export function obstacleToSwap(situation: Situation): Blocked | undefined {
  return (
    apex(situation) ??
    unnamedMember(situation) ??
    routed(situation) ??
    unweighted(situation) ??
    besideCname(situation) ??
    refusedByRoute53(situation)
  );
}

/** A CNAME is alone at its name: beside what is there, and beside what the runbook wants. */
function besideCname({zone, to, neighbours}: Situation): Blocked | undefined {
  const all = [...to, ...neighbours];
  for (const set of to.filter(({type}) => type === 'CNAME')) {
    const other = all.find(
      ({name, type}) => type !== 'CNAME' && canonicalName(name) === canonicalName(set.name),
    );
    if (other) {
      return blocked(
        `${recordName(set)} for ${zone.name} is at the same name as ${recordName(other)}: Route 53 refuses a CNAME beside other records.`,
        `If its target is in AWS, write ${recordName(set)} as an alias record of type A in the runbook. Or add ${recordName(other)} to "remove".`,
      );
    }
  }
  return undefined;
}

export function apex({zone, live, to}: Change): Blocked | undefined {
  const set = [...live, ...to].find(({type}) => type === 'SOA' || type === 'NS');
  return set
    ? blocked(
        `${recordName(set)} in ${zone.name} names the name servers of a zone: this step does not change such records.`,
        'Remove it from the runbook. To move a domain to other name servers, use route53.change-delegation.',
      )
    : undefined;
}

/** The runbook lists the sets that may change; another member of the same group is not among them. */
function unnamedMember({zone, input, live}: Situation): Blocked | undefined {
  const named = new Set(input.sets.map(identityOf));
  const removed = new Set(input.remove.map(identityOf));
  const other = live.find(
    ({name, type, setIdentifier}) =>
      !named.has(identityOf({name, type, setIdentifier})) && !removed.has(identityOf({name, type})),
  );
  return other
    ? blocked(
        `${zone.name} holds ${recordName(other)} ${contentOf(other)}, which is not in the runbook.`,
        `Add it to "sets" with its setIdentifier, or add ${other.type} of this name to "remove" to replace the whole group.`,
      )
    : undefined;
}

/** Failover and other routing policies move traffic by themselves, also to the old address. */
export function routed({zone, live}: Change): Blocked | undefined {
  const set = live.find(({routing}) => routing !== undefined);
  return set
    ? blocked(
        `${recordName(set)} in ${zone.name} is routed by ${Object.keys(set.routing ?? {}).join(', ')}, which chooses an address for each client.`,
        'Replace it by a simple or a weighted record before the cutover, or remove it from the runbook.',
      )
    : undefined;
}

function unweighted({zone, to}: Change): Blocked | undefined {
  const set = to.find(
    ({setIdentifier, weight}) => (setIdentifier === undefined) !== (weight === undefined),
  );
  return set
    ? blocked(
        `${recordName(set)} for ${zone.name} has ${set.weight === undefined ? 'a setIdentifier and no weight' : 'a weight and no setIdentifier'}.`,
        'Set both in the runbook, or neither.',
      )
    : undefined;
}

/** By the limits of each set, and of one batch. */
export const refusedByRoute53 = (change: Change): Blocked | undefined =>
  beyondLimits(change.zone, change.to) ?? tooLarge(change);

export function tooLarge({zone, live, to}: Change): Blocked | undefined {
  const {deletes, creates} = batchOf(live, to);
  const values = [...deletes, ...creates].flatMap((set) => set.values ?? ['']);
  const characters = values.join('').length;
  return values.length > mostRecords || characters > mostCharacters
    ? blocked(
        `The batch for ${zone.name} has ${values.length} records with ${characters} characters; Route 53 allows ${mostRecords} and ${mostCharacters} in one batch, and only a single batch is applied as a whole.`,
        'Split the records into several entries of the runbook, in an order that may stop after each entry. Each entry is one batch, and is reversed on its own.',
      )
    : undefined;
}
