import {isOpenedByPerson} from '../model/approve.ts';
import {makesConnections, type SystemFact} from '../model/effects.ts';
import type {Entry, Item} from '../model/entry.ts';
import {stoppingEntry} from '../model/outage-span.ts';
import type {Progress} from '../model/progress.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import type {AnyUpkeep} from '../model/step.ts';
import type {World} from './context.ts';
import {effectsOf, onTargets, reliesOf} from './declared-effects.ts';
import {readsOf} from './known-values.ts';

/** A change in place that may have ended from outside, and on which a later entry relies. */
export interface UpkeepDue {
  readonly entry: Entry;
  readonly upkeep: AnyUpkeep;
}

/** In the order of the runbook; without what a later entry has changed since, or nobody relies on any more. */
export function upkeepDue(
  {runbook, params}: Pick<World, 'runbook' | 'params'>,
  progress: Progress,
): readonly UpkeepDue[] {
  const entries: readonly Entry[] = runbook.entries;
  return entries.flatMap((entry, index) => {
    const state = progress.entries.get(entry.id);
    const {unit} = entry;
    if (unit.kind !== 'step' || !unit.upkeep || state?.state !== 'done' || !state.applied) {
      return [];
    }
    const later = entries.slice(index + 1);
    return unit.upkeep
      .filter(({of, reliedOnBy}: AnyUpkeep) =>
        isRelied(onTargets(of, entry.on), later, {params, progress, reliedOnBy}),
      )
      .map((upkeep: AnyUpkeep) => ({entry, upkeep}));
  });
}

interface Reliance {
  readonly params: unknown;
  readonly progress: Progress;
  readonly reliedOnBy: AnyUpkeep['reliedOnBy'];
}

function isRelied(
  fact: SystemFact,
  later: readonly Entry[],
  {params, progress, reliedOnBy}: Reliance,
): boolean {
  const isNeeded =
    reliedOnBy === 'visitors' || (reliedOnBy === 'reversal' && !progress.passedPointOfNoReturn);
  const factsOf = (entry: Entry) =>
    effectsOf(entry, readsOf(entry, params, {get: () => undefined}).input);
  const isChanged = later.some(
    (entry) =>
      progress.entries.get(entry.id)?.applied &&
      factsOf(entry).some((effect) => isOfSame(effect, fact) && !isSame(effect, fact)),
  );
  return (
    !isChanged &&
    later.some(
      (entry) =>
        !isOver(progress, entry) &&
        (isNeeded ||
          [...reliesOf(entry), ...factsOf(entry).flatMap(carriedBy)].some((relied) =>
            isSame(relied, fact),
          )),
    )
  );
}

/** What waits for a replica relies on its replication. */
const carriedBy = (effect: SystemFact): readonly SystemFact[] =>
  effect.fact === 'caught-up'
    ? [{fact: 'replication', from: effect.from, to: effect.to, is: 'running'}]
    : [];

function isOfSame(fact: SystemFact, other: SystemFact): boolean {
  if (fact.fact === 'replication' && other.fact === 'replication') {
    return (
      fact.to === other.to && (!('from' in fact && 'from' in other) || fact.from === other.from)
    );
  }
  return fact.fact === other.fact && 'of' in fact && 'of' in other && fact.of === other.of;
}

const isSame = (fact: SystemFact, other: SystemFact): boolean =>
  isOfSame(fact, other) && stateOf(fact) === stateOf(other);

const stateOf = (fact: SystemFact): unknown =>
  'are' in fact ? fact.are : 'is' in fact ? fact.is : undefined;

function isOver({entries}: Progress, {id}: Entry): boolean {
  const state = entries.get(id)?.state;
  return state === 'done' || state === 'skipped';
}

/**
 * Which changes in place are to be looked at before this turn. All: where people are asked, or have just answered,
 * before anybody is held or stopped, and behind the point of no return. Elsewhere those on which visitors rely, unless
 * visitors are held meanwhile: writes that are open again may be refused again, also in an outage.
 */
export function upkeepTurn(
  runbook: AnyRunbook,
  turn: readonly Item[],
): 'all' | 'for-visitors' | 'none' {
  const {items} = runbook;
  const [first] = turn;
  const at = first ? items.indexOf(first) : -1;
  const before = items[at - 1];
  const isAsked = (item: Item | undefined) => item?.kind === 'entry' && isOpenedByPerson(item.unit);
  // An outage that begins in a hold is no turn of its own: visitors wait there already.
  const stops = stoppingEntry(runbook);
  if (
    isAsked(first) ||
    isAsked(before) ||
    before?.kind === 'point-of-no-return' ||
    turn.some((item) => item.kind === 'entry' && item.id === stops?.id)
  ) {
    return 'all';
  }
  return isHeldAfter(items.slice(0, Math.max(0, at))) ? 'none' : 'for-visitors';
}

function isHeldAfter(items: readonly Item[]): boolean {
  const last = items.findLast(
    (item): item is Entry =>
      item.kind === 'entry' &&
      (makesConnections(item.unit, 'held') || makesConnections(item.unit, 'released')),
  );
  return last !== undefined && !makesConnections(last.unit, 'released');
}
