import {withholdSecrets} from '../inventory/environment.ts';
import {type Inventory, loadInventory} from '../inventory/inventory.ts';
import {type Opening, openTargets} from '../inventory/targets.ts';
import {Redactor} from '../journal/redactor.ts';
import type {ClaimStatus, OpenTargets, TargetKind} from '../model/target.ts';
import type {Host} from './host.ts';
import {keeperIn} from './keeper.ts';
import {ownLibrary} from './own-library.ts';
import {targetKinds} from './step-library.ts';

export type Kinds = Readonly<Record<string, TargetKind>>;

/** All targets of an inventory, without a runbook. */
interface OpenInventory {
  readonly inventory: Inventory;
  /** Every target whose kind is known. */
  readonly all: Kinds;
  readonly opening: Opening;
  readonly open: OpenTargets;
}

/** Connects to nothing before a target is asked for. */
export const openInventory = (
  host: Pick<Host, 'state'>,
  file: string,
  signal: AbortSignal,
): Promise<OpenInventory> => openLoaded(host, loadInventory(file, host.state.path), signal);

/** The same, of an inventory that was read already. */
export async function openLoaded(
  {state}: Pick<Host, 'state'>,
  inventory: Inventory,
  signal: AbortSignal,
): Promise<OpenInventory> {
  const environment = withholdSecrets(inventory, process.env);
  const all = await kindsOf(inventory);
  const redactor = new Redactor();
  const opening = {
    ...{kinds: all, inventory, redactor, environment, signal},
    stateFolder: state.path,
    keeper: keeperIn(state.path),
  };
  return {inventory, all, opening, open: openEach(all, opening)};
}

/** The kind of each target of an inventory whose kind is known. */
export async function kindsOf({targets}: Inventory): Promise<Kinds> {
  const shipped = await targetKinds();
  const isShipped = Object.values(targets).every(({kind}) =>
    shipped.some((candidate) => candidate.kind === kind),
  );
  const kinds = isShipped ? shipped : [...shipped, ...(await ownLibrary()).kinds];
  return Object.fromEntries(
    Object.entries(targets).flatMap(([name, target]) => {
      const kind = kinds.find((candidate) => candidate.kind === target.kind);
      return kind ? [[name, kind]] : [];
    }),
  );
}

/** Each is opened by itself when it is first asked for: a secret that one lacks prevents no check of another. */
function openEach(kinds: Kinds, opening: Opening): OpenTargets {
  const opened = new Map<string, Promise<OpenTargets>>();
  const openAlone = (target: string): Promise<OpenTargets> => {
    const kind = kinds[target];
    const alone = openTargets({...opening, kinds: kind ? {[target]: kind} : {}});
    opened.set(target, alone);
    return alone;
  };
  return {
    session: async (target) => (await (opened.get(target) ?? openAlone(target))).session(target),
    close: async () => {
      await Promise.allSettled([...opened.values()].map(async (each) => (await each).close()));
    },
  };
}

/** A target of an inventory on which the process of a run works now. */
export async function busyTarget(
  host: Pick<Host, 'state'>,
  inventoryFile: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const {all, open} = await openInventory(host, inventoryFile, signal);
  try {
    const names = Object.keys(all).filter((name) => all[name]?.claimNeeds !== undefined);
    const claims = await Promise.all(names.map((name) => claimOf(name, open, signal)));
    return names.find((_name, index) => (claims[index]?.holder ?? null) !== null);
  } finally {
    await open.close();
  }
}

/** Nothing where nobody can tell. */
export async function claimOf(
  target: string,
  targets: OpenTargets,
  signal: AbortSignal,
): Promise<ClaimStatus | undefined> {
  const session = await targets.session(target).catch(() => undefined);
  return session?.claim?.look(signal).catch(() => undefined);
}
