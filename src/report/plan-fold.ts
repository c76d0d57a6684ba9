import type {Outlook, PlanItem, PlanLine} from '../model/plan.ts';

/** Entries of a phase that follow each other and need nothing more. */
export interface InPlace {
  readonly kind: 'in-place';
  readonly phase: string;
  readonly entries: readonly string[];
}

export type PlanPart = PlanItem | InPlace;

/** The items of a plan, with all that is in place in one part for each stretch of a phase. */
export function folded(items: readonly PlanItem[]): readonly PlanPart[] {
  const parts: PlanPart[] = [];
  for (const item of items) {
    const last = parts.at(-1);
    if (item.kind !== 'entry' || !isInPlace(item)) {
      parts.push(item);
    } else if (last?.kind === 'in-place' && last.phase === item.phase) {
      parts[parts.length - 1] = {...last, entries: [...last.entries, item.entry]};
    } else {
      parts.push({kind: 'in-place', phase: item.phase, entries: [item.entry]});
    }
  }
  return parts;
}

const inPlaceOutlooks: ReadonlySet<Outlook> = new Set(['applied', 'already-in-place']);
const isInPlace = ({outlook, remarks = []}: PlanLine): boolean =>
  inPlaceOutlooks.has(outlook) && remarks.length === 0;
