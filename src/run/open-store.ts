import {type Inventory, inventoryShape, loadInventory} from '../inventory/inventory.ts';
import type {ObjectStore} from '../model/object-store.ts';
import {type Problem, SwitcharooError} from '../model/problem.ts';
import type {Host} from './host.ts';
import {openLoaded} from './inventory-targets.ts';
import {storeOf} from './run-store.ts';

/** A place in which the hosts of a team share the journals of their runs. */
interface OpenStore {
  readonly store: ObjectStore;
  readonly inventory: Inventory;
  close(): Promise<void>;
}

/**
 * Opens the store of an inventory, or the one at `s3://bucket/prefix` with the account and the region of the
 * environment. Connects to nothing yet.
 */
export async function openStore(
  host: Pick<Host, 'state'>,
  where: string,
  signal: AbortSignal,
): Promise<OpenStore> {
  const inventory = inventoryOf(host, where);
  const {open} = await openLoaded(host, inventory, signal);
  try {
    const store = await storeOf({inventory, openByName: (name) => open.session(name)});
    if (!store) {
      throw new SwitcharooError(storeNotNamed(inventory.file));
    }
    return {store, inventory, close: open.close};
  } catch (error) {
    await open.close();
    throw error;
  }
}

function inventoryOf({state}: Pick<Host, 'state'>, where: string): Inventory {
  const [, bucket, prefix] = /^s3:\/\/([^/]+)(?:\/(.+?)\/?)?$/.exec(where) ?? [];
  if (bucket === undefined) {
    return loadInventory(where, state.path);
  }
  const journals = {kind: 's3-store', bucket, ...(prefix === undefined ? {} : {prefix})};
  const alone = inventoryShape.parse({name: 'shared', targets: {journals}, store: 'journals'});
  return {...alone, file: where, digest: ''};
}

export const storeNotNamed = (file: string): Problem => ({
  code: 'store-not-named',
  message: `${file} names no store: its runs are not shared with other hosts.`,
  hint: 'Name a target of the kind s3-store with "store:" in the inventory. To show runs without an inventory, use --shared s3://bucket/prefix. "switcharoo docs a-shared-journal" says how.',
});
