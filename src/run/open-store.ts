import {type Inventory, inventoryShape, loadInventory} from '../inventory/inventory.ts';
import {sharedIn} from '../inventory/shared-in.ts';
import type {ObjectStore} from '../model/object-store.ts';
import {type Problem, SwitcharooError} from '../model/problem.ts';
import {isPlace} from '../model/take-over-words.ts';
import type {Host} from './host.ts';
import {openLoaded} from './inventory-targets.ts';
import {storeOf} from './run-store.ts';

/** A place in which the hosts of a team share the journals of their runs. */
interface OpenStore {
  readonly store: ObjectStore;
  readonly inventory: Inventory;
  close(): Promise<void>;
}

/** As a run keeps it: a target or a place, and where that was when the run began. */
interface NamedStore {
  readonly store?: string | undefined;
  readonly storePlace?: string | undefined;
}

/**
 * Opens the store of an inventory, or the one at `s3://bucket/prefix` with the account and the region of the
 * environment. `named`: another store than that of the inventory. Connects to nothing yet.
 */
export async function openStore(
  host: Pick<Host, 'state'>,
  where: string,
  signal: AbortSignal,
  named: NamedStore = {},
): Promise<OpenStore> {
  const inventory = sharedInventory(host, where, named);
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

/** An inventory with its store, or the one of a place alone, which names no system. */
export const sharedInventory = (
  {state}: Pick<Host, 'state'>,
  where: string,
  {store, storePlace}: NamedStore,
): Inventory =>
  isPlace(where)
    ? {
        ...sharedIn(inventoryShape.parse({name: 'shared', targets: {}}), where),
        file: where,
        digest: '',
      }
    : sharedIn(loadInventory(where, state.path), store, storePlace);

export const storeNotNamed = (file: string): Problem => ({
  code: 'store-not-named',
  message: `${file} names no store: its runs are not shared with other hosts.`,
  hint: 'Write "store: s3://bucket/prefix" in the inventory. The commands plan, run and take-over also have --store s3://bucket/prefix; those that show runs have --shared s3://bucket/prefix. "switcharoo docs a-shared-journal" says how.',
});
