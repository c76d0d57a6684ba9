import {makesConnections} from './effects.ts';
import type {Entry} from './entry.ts';
import type {OutageWindow} from './outage.ts';
import type {AnyRunbook} from './runbook.ts';

/** Where an outage begins and ends among the entries of a runbook, by their ids. */
export interface OutageSpan {
  readonly begins: string;
  readonly ends: string;
}

/** The first entry that closes, and the last one that opens. Nothing when the runbook has none of one sort. */
export function outageSpan(
  {from, until}: Pick<OutageWindow, 'from' | 'until'>,
  entries: readonly {readonly id: string; readonly unit: {readonly name: string}}[],
): OutageSpan | undefined {
  const isNamed =
    (names: readonly string[]) =>
    ({id, unit}: (typeof entries)[number]): boolean =>
      names.includes(id) || names.includes(unit.name);
  const first = entries.find(isNamed(from));
  const last = entries.findLast(isNamed(until));
  return first && last && {begins: first.id, ends: last.id};
}

/** The entry from which visitors wait: the first that refuses writes, or holds connections before that. */
export function stoppingEntry({head, entries}: AnyRunbook): Entry | undefined {
  const span = head.outage && outageSpan(head.outage, entries);
  return entries.find(({id, unit}: Entry) => id === span?.begins || makesConnections(unit, 'held'));
}
