import type {Entry, Item} from '../model/entry.ts';

/**
 * The gates between the last step and this entry, in order. A step in between may have closed an earlier gate for
 * good. One whose evidence counts for a time is not looked at again within it.
 */
export function gatesBefore(items: readonly Item[], entry: Entry): readonly Entry[] {
  const gates: Entry[] = [];
  for (const item of items.slice(0, items.indexOf(entry)).reverse()) {
    if (item.kind === 'entry' && item.unit.kind !== 'gate') {
      break;
    }
    if (item.kind === 'entry' && item.unit !== entry.unit && item.freshForMs === undefined) {
      gates.unshift(item);
    }
  }
  return gates;
}
