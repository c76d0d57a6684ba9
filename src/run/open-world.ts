import {randomUUID} from 'node:crypto';
import type {World} from '../engine/context.ts';
import type {Observe} from '../engine/events.ts';
import {withholdSecrets} from '../inventory/environment.ts';
import {type Inventory, loadInventory} from '../inventory/inventory.ts';
import {loadRunbook} from '../inventory/runbook-file.ts';
import {sharedIn} from '../inventory/shared-in.ts';
import {
  type Opening,
  openTargets,
  paramsFor,
  parsedParams,
  type TargetNames,
} from '../inventory/targets.ts';
import {Redactor} from '../journal/redactor.ts';
import type {ApprovalRules} from '../model/approval.ts';
import type {JournalEntry} from '../model/journal.ts';
import type {TargetRights} from '../model/rights.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import type {OpenTargets, Session, TargetKind} from '../model/target.ts';
import type {Channels} from '../notify/notifier.ts';
import {openChannels} from '../notify/open-channels.ts';
import type {Host} from './host.ts';
import {keeperIn} from './keeper.ts';
import {MachineClock} from './machine-clock.ts';
import {allRights} from './store-rights.ts';
import {wholeRunbook} from './whole-runbook.ts';

export interface WorldRequest {
  /** A file, or the name of one in `runbooks/`. */
  readonly runbook: string;
  /** A file, or the name of one in `inventories/`. */
  readonly inventory: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** Target of the runbook to target of the inventory, where their names differ. */
  readonly targetNames?: TargetNames | undefined;
  /** The run it is for; a plan is for none. */
  readonly run?: string;
  /** The parameters of an earlier start of the run, instead of those of the inventory. */
  readonly journaledParams?: unknown;
  /** Where its journal is shared, instead of where the inventory says: a target, or `s3://bucket/prefix`. */
  readonly store?: string | undefined;
  /** Where that was when the run began. */
  readonly storePlace?: string | undefined;
  /** Of the journal that is continued: time goes on from there. */
  readonly lastEntry?: Pick<JournalEntry, 'atUtc' | 'monotonic'> | undefined;
}

/** The systems of a run, ready to be checked, and the redactor that knows every secret of them. */
export interface OpenedWorld {
  /** Where the runbook was read from. */
  readonly file: string;
  readonly runbook: AnyRunbook;
  readonly inventory: Inventory;
  readonly redactor: Redactor;
  readonly targetNames?: TargetNames;
  readonly world: World;
  /** Opens a target of the inventory, by its name there, that the runbook need not name. */
  openByName(name: string, kind: TargetKind): Promise<Session<unknown, unknown>>;
  /** Whom a run tells what happens. They are opened when this is first asked. */
  channels(): Promise<Channels>;
  /** The grants that its accounts need, and those that are known to be missing. */
  rights(): Promise<readonly TargetRights[]>;
  close(): Promise<void>;
}

/** Reads the runbook and the inventory, and checks every target's settings. Connects to nothing yet. */
export async function openWorld(
  {state}: Pick<Host, 'state'>,
  request: WorldRequest,
  aborting: AbortSignal,
  observe: Observe,
): Promise<OpenedWorld> {
  // The secrets leave the environment first: loading a runbook starts a compiler. Its problem comes first.
  const inventoryResult = outcomeOf(() => {
    const loadedInventory = inventoryOf(request, state.path);
    const environment = withholdSecrets(loadedInventory, process.env);
    return {inventory: loadedInventory, environment};
  });
  const loaded = await loadRunbook(request.runbook);
  const {inventory, environment} = inventoryResult();
  const params =
    request.journaledParams === undefined
      ? paramsFor(loaded.runbook, inventory, request.params)
      : parsedParams(loaded.runbook, request.journaledParams, inventory.file);
  const runbook = wholeRunbook(loaded, params);
  const redactor = new Redactor();
  const {targetNames} = request;
  const opening: Opening = {
    kinds: runbook.head.targets,
    inventory,
    ...(targetNames ? {targets: targetNames} : {}),
    redactor,
    ...{stateFolder: state.path, keeper: keeperIn(state.path)},
    environment,
    signal: aborting,
  };
  const targets = await openTargets(opening);
  const world: World = {
    runbook,
    params,
    targets,
    clock: new MachineClock(request.lastEntry),
    run: request.run ?? `plan-${randomUUID().slice(0, 8)}`,
    // Nothing is shown or written that the redactor has not read.
    observe: (event) => observe(redactor.value(event)),
    approvalRules: rulesOf(inventory),
    aborting,
  };
  const rights = async () => redactor.value(await allRights(runbook, opening));
  const {openByName, closeAll} = targetsByName(opening);
  const close = async () => {
    await Promise.all([closeAll(), targets.close()]);
  };
  return {
    file: loaded.file,
    runbook,
    inventory,
    redactor,
    world,
    openByName,
    channels: channelsOf(opening),
    rights,
    ...(targetNames ? {targetNames} : {}),
    close,
  };
}

const inventoryOf = ({inventory, store, storePlace}: WorldRequest, stateFolder: string) =>
  sharedIn(loadInventory(inventory, stateFolder), store, storePlace);

const rulesOf = ({file, digest, approvers, store, lab}: Inventory): ApprovalRules => ({
  ...{inventory: {file, digest}, approvers, isShared: store !== undefined, isLab: lab},
});

/** The channels to people, opened when they are first asked for. */
function channelsOf(opening: Opening): () => Promise<Channels> {
  let channels: Promise<Channels> | undefined;
  return () => {
    channels ??= openChannels(opening);
    return channels;
  };
}

/** The targets that are opened by their names in the inventory, each when it is first asked for. */
function targetsByName({targets: _names, ...opening}: Opening) {
  const byName = new Map<string, Promise<OpenTargets>>();
  const openByName: OpenedWorld['openByName'] = async (name, kind) => {
    const open = byName.get(name) ?? openTargets({...opening, kinds: {[name]: kind}});
    byName.set(name, open);
    open.catch(() => byName.delete(name));
    return (await open).session(name);
  };
  const closeAll = async () => {
    const all = [...byName.values()];
    byName.clear();
    await Promise.allSettled(all.map(async (open) => (await open).close()));
  };
  return {openByName, closeAll};
}

/** What the work returned or threw, when it is asked for. */
function outcomeOf<Result>(work: () => Result): () => Result {
  try {
    const result = work();
    return () => result;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
