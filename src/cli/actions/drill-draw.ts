import {createHash} from 'node:crypto';
import type {LabFault, LabFaultName} from '@switcharoo/lab';
import {type Plan, planLines} from '../../model/plan.ts';
import type {AnyRunbook} from '../../model/runbook.ts';
import type {FaultOfLab} from './fault-at-entry.ts';

type Faults = Readonly<Record<LabFaultName, LabFault>>;

/**
 * A fault at an entry that this run will reach, on a system that the entry uses. The same seed draws the same for the
 * same plan. `undefined`: no entry uses anything that the lab can break.
 */
export function drawFault(
  {runbook, plan}: {readonly runbook: AnyRunbook; readonly plan: Plan},
  faults: Faults,
  seed: number,
): FaultOfLab | undefined {
  const random = numbersFrom(seed);
  const pick = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)];
  const entry = pick(reached(runbook, plan).filter((each) => faultsAt(faults, each).length > 0));
  const name = entry && pick(faultsAt(faults, entry));
  return name && {entry: entry.id, name, fault: faults[name], hidden: true};
}

/** An entry as a fault can hit it. */
interface Reached {
  readonly id: string;
  readonly unit: string;
  readonly on: readonly {readonly target: string; readonly kind: string | undefined}[];
  /** Rights that it needs, as its unit declares them. */
  readonly rights: readonly string[];
}

/** What is in place already never begins, and a question uses nothing. */
function reached({entries, head}: AnyRunbook, plan: Plan): readonly Reached[] {
  const begin = new Set(
    planLines(plan)
      .filter(({outlook}) => ['change', 'wait', 'open', 'pending'].includes(outlook))
      .map(({entry}) => entry),
  );
  return entries
    .filter(({id}) => begin.has(id))
    .map(({id, unit, on}) => ({
      id,
      unit: unit.name,
      on: Object.values<string>(on).map((target) => ({target, kind: head.targets[target]?.kind})),
      rights: Object.values<readonly string[]>(unit.needs).flat(),
    }));
}

/** The faults that this entry would notice. */
function faultsAt(faults: Faults, entry: Reached): readonly LabFaultName[] {
  const names = Object.keys(faults) as LabFaultName[]; // its own keys
  return names.filter((name) => isNoticed(faults[name], entry));
}

const isNoticed = (
  {kinds, targets, units, rights}: LabFault,
  {unit, on, rights: needed}: Reached,
): boolean =>
  on.some(({target, kind = ''}) => kinds.includes(kind) && (targets?.includes(target) ?? true)) &&
  (units?.includes(unit) ?? true) &&
  (rights?.some((right) => needed.some((need) => need.startsWith(right))) ?? true);

/** The same numbers from 0 to 1 for the same seed, on every machine; those of neighbours have nothing in common. */
export function numbersFrom(seed: number): () => number {
  let drawn = 0;
  return () => {
    drawn += 1;
    return createHash('sha256').update(`${seed} ${drawn}`).digest().readUInt32BE() / 2 ** 32;
  };
}
