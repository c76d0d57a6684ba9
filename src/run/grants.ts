import {withholdSecrets} from '../inventory/environment.ts';
import {loadInventory} from '../inventory/inventory.ts';
import {loadRunbook} from '../inventory/runbook-file.ts';
import {sharedIn} from '../inventory/shared-in.ts';
import {paramsFor} from '../inventory/targets.ts';
import {Redactor} from '../journal/redactor.ts';
import type {TargetRights} from '../model/rights.ts';
import type {Host} from './host.ts';
import type {WorldRequest} from './open-world.ts';
import {storeKindOf} from './store-kind.ts';
import {allRights} from './store-rights.ts';
import {wholeRunbook} from './whole-runbook.ts';

/** The grants that a runbook needs, by target of an inventory. */
interface RunbookGrants {
  readonly runbook: string;
  readonly inventory: string;
  readonly targets: readonly TargetRights[];
}

/** Asks each target which grants its account has, and changes nothing. */
export async function grantsFor(
  {state}: Host,
  request: WorldRequest,
  signal: AbortSignal,
): Promise<RunbookGrants> {
  const inventory = sharedIn(loadInventory(request.inventory, state.path), request.store);
  const environment = withholdSecrets(inventory, process.env);
  const loaded = await loadRunbook(request.runbook);
  const runbook = wholeRunbook(loaded, paramsFor(loaded.runbook, inventory, request.params));
  await storeKindOf(inventory);
  const redactor = new Redactor();
  const opening = {inventory, environment, redactor, stateFolder: state.path, signal};
  const targets = redactor.value(await allRights(runbook, opening));
  return {runbook: runbook.head.name, inventory: inventory.name, targets};
}
