import {loadInventory} from '../inventory/inventory.ts';
import {loadRunbook} from '../inventory/runbook-file.ts';
import {paramsFor} from '../inventory/targets.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import type {Host} from './host.ts';
import {sampleParams} from './sample-params.ts';
import {wholeRunbook} from './whole-runbook.ts';

export interface ReadRequest {
  /** A file, or the name of one in `runbooks/`. */
  readonly runbook: string;
  /** For its parameters alone: no target is opened, and no secret is read. */
  readonly inventory?: string | undefined;
  readonly params: Readonly<Record<string, unknown>>;
}

interface ReadRunbook {
  readonly runbook: AnyRunbook;
  /** Samples of the right shape where no inventory gives them. */
  readonly params: unknown;
}

/** A runbook with all of its entries. Contacts no system. */
export async function readRunbook(
  {state}: Pick<Host, 'state'>,
  request: ReadRequest,
): Promise<ReadRunbook> {
  const inventory =
    request.inventory === undefined ? undefined : loadInventory(request.inventory, state.path);
  const loaded = await loadRunbook(request.runbook);
  const params = inventory
    ? paramsFor(loaded.runbook, inventory, request.params)
    : sampleParams(loaded.runbook.head.params, request.params);
  return {runbook: wholeRunbook(loaded, params), params};
}
