import type {Entry, Item} from '../../../src/model/entry.ts';
import {type AnyRunbook, Runbook} from '../../../src/model/runbook.ts';

/** A copy of a runbook with a fault in it. */
export type Edit = (runbook: AnyRunbook) => AnyRunbook;

const withItems = ({head}: AnyRunbook, items: readonly Item[]): AnyRunbook =>
  new Runbook(head, items, '');

const itemName = (item: Item): string =>
  item.kind === 'entry' ? item.id : item.kind === 'checkpoint' ? item.name : item.kind;

export const without =
  (...names: readonly string[]): Edit =>
  (runbook) =>
    withItems(
      runbook,
      runbook.items.filter((item: Item) => !names.includes(itemName(item))),
    );

/** Takes an item away and puts it before another one. */
export const moved =
  (name: string, before: string): Edit =>
  (runbook) => {
    const items: readonly Item[] = runbook.items;
    const item = items.find((other) => itemName(other) === name);
    if (!item || !items.some((other) => itemName(other) === before)) {
      throw new Error(`there is no ${name} or no ${before}`);
    }
    const rest = items.filter((other) => other !== item);
    return withItems(
      runbook,
      rest.flatMap((other) => (itemName(other) === before ? [item, other] : [other])),
    );
  };

export const changed =
  (id: string, change: Partial<Entry>): Edit =>
  (runbook) => {
    const items: readonly Item[] = runbook.items;
    return withItems(
      runbook,
      items.map((item) => (itemName(item) === id ? ({...item, ...change} as Item) : item)),
    );
  };

/** As if neither its unit nor the runbook forbade to skip it. */
export const skippable =
  (id: string): Edit =>
  (runbook) => {
    const {neverSkip: _neverSkip, ...entry} = entryIn(runbook, id);
    const items: readonly Item[] = runbook.items;
    return withItems(
      runbook,
      items.map((item) => (itemName(item) === id ? entry : item)),
    );
  };

/** It waits for no other entry. */
export const unguarded = (id: string): Edit => changed(id, {after: [], requires: []});

export const added =
  (item: Item, before: string): Edit =>
  (runbook) =>
    withItems(
      runbook,
      runbook.items.flatMap((other: Item) =>
        itemName(other) === before ? [item, other] : [other],
      ),
    );

export const headed =
  (change: Partial<AnyRunbook['head']>): Edit =>
  (runbook) =>
    new Runbook({...runbook.head, ...change}, runbook.items, '');

export const all =
  (...edits: readonly Edit[]): Edit =>
  (runbook) =>
    edits.reduce((edited, edit) => edit(edited), runbook);

export const entryIn = (runbook: AnyRunbook, id: string): Entry => {
  const entry = (runbook.entries as readonly Entry[]).find((other) => other.id === id);
  if (!entry) {
    throw new Error(`there is no ${id}`);
  }
  return entry;
};
