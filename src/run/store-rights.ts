import {rightsFor} from '../inventory/rights.ts';
import {configOf, type Opening} from '../inventory/targets.ts';
import type {TargetRights} from '../model/rights.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import {kindsOf} from './inventory-targets.ts';

/** What the accounts of a runbook's targets need, and that of the store. */
export const allRights = async (
  runbook: AnyRunbook,
  opening: Omit<Opening, 'kinds'>,
): Promise<readonly TargetRights[]> => [
  ...(await rightsFor(runbook, opening)),
  ...(await storeRights(opening)),
];

/** What the account of the store needs, in which the runs of an inventory are shared. */
async function storeRights(
  opening: Omit<Opening, 'kinds' | 'targets'>,
): Promise<readonly TargetRights[]> {
  const {inventory, signal} = opening;
  const {store: name} = inventory;
  const kind = name === undefined ? undefined : (await kindsOf(inventory))[name];
  if (name === undefined || !kind?.rights) {
    return [];
  }
  const config = await configOf(name, kind, opening);
  const rights = await kind.rights(config, kind.journalNeeds ?? [], {name, signal});
  return [{target: name, kind: kind.kind, rights}];
}
