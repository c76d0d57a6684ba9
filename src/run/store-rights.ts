import {rightsFor} from '../inventory/rights.ts';
import {configOf, type Opening} from '../inventory/targets.ts';
import type {TargetRights} from '../model/rights.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import {kindsOf} from './inventory-targets.ts';

/** What the accounts of a runbook's targets need, and those of the store and of the calendar. */
export const allRights = async (
  runbook: AnyRunbook,
  opening: Omit<Opening, 'kinds'>,
): Promise<readonly TargetRights[]> => [
  ...(await rightsFor(runbook, opening)),
  ...(await rightsOf(opening.inventory.store, opening)),
  ...(await rightsOf(opening.inventory.window?.calendar, opening)),
];

/** What the account of a target needs that the inventory itself names. */
async function rightsOf(
  name: string | undefined,
  opening: Omit<Opening, 'kinds' | 'targets'>,
): Promise<readonly TargetRights[]> {
  const {inventory, signal} = opening;
  const kind = name === undefined ? undefined : (await kindsOf(inventory))[name];
  if (name === undefined || !kind?.rights) {
    return [];
  }
  const config = await configOf(name, kind, opening);
  const rights = await kind.rights(config, kind.inventoryNeeds ?? [], {name, signal});
  return [{target: name, kind: kind.kind, rights}];
}
