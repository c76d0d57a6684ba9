import {randomUUID} from 'node:crypto';
import type {App} from '../cli/app.ts';
import type {Signals} from '../cli/signals.ts';
import {systemClock} from '../engine/clock.ts';
import type {World} from '../engine/context.ts';
import type {Observe} from '../engine/events.ts';
import {withholdSecrets} from '../inventory/environment.ts';
import {type Inventory, loadInventory} from '../inventory/inventory.ts';
import {rightsFor} from '../inventory/rights.ts';
import {loadRunbook, runbookWith} from '../inventory/runbook-file.ts';
import {type Cast, type Opening, openTargets, paramsFor} from '../inventory/targets.ts';
import {Redactor} from '../journal/redactor.ts';
import type {TargetRights} from '../model/rights.ts';
import type {AnyRunbook} from '../model/runbook.ts';

export interface Wanted {
  readonly runbook: string;
  readonly inventory: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** Who plays which target of the runbook, where the inventory has another name for it. */
  readonly cast?: Cast | undefined;
  /** The run it is for; a plan is for none. */
  readonly run?: string;
  /** The parameters of an earlier start of the run, instead of those of the inventory. */
  readonly journaledParams?: unknown;
}

/** All that can be looked at, and the redactor that has learned every secret of it. */
export interface Opened {
  readonly file: string;
  readonly runbook: AnyRunbook;
  readonly inventory: Inventory;
  readonly redactor: Redactor;
  readonly cast?: Cast;
  readonly world: World;
  /** What its accounts must be allowed, and what is known to be missing of it. */
  rights(): Promise<readonly TargetRights[]>;
  close(): Promise<void>;
}

/** Reads the runbook and the inventory, checks every target, and connects to nothing yet. */
export async function openWorld(
  app: App,
  wanted: Wanted,
  signals: Signals,
  observe: Observe,
): Promise<Opened> {
  // Before anything is started, and to load a runbook already starts a compiler; but of two troubles its own is told.
  const inventoryRead = outcomeOf(() => {
    const read = loadInventory(wanted.inventory, app.state.path);
    return {inventory: read, environment: withholdSecrets(read.targets, process.env)};
  });
  const loaded = await loadRunbook(wanted.runbook);
  const {inventory, environment} = inventoryRead();
  const params =
    wanted.journaledParams === undefined
      ? paramsFor(loaded.runbook, inventory, wanted.params)
      : loaded.runbook.head.params.parse(wanted.journaledParams);
  const runbook = runbookWith(loaded, params);
  const redactor = new Redactor();
  const opening: Opening = {
    kinds: runbook.head.targets,
    inventory,
    ...(wanted.cast ? {cast: wanted.cast} : {}),
    redactor,
    stateFolder: app.state.path,
    environment,
    signal: signals.aborting,
  };
  const targets = await openTargets(opening);
  const world: World = {
    runbook,
    params,
    targets,
    clock: systemClock,
    run: wanted.run ?? `plan-${randomUUID().slice(0, 8)}`,
    // Nothing is shown or written that the redactor has not seen.
    observe: (event) => observe(redactor.value(event)),
    aborting: signals.aborting,
  };
  const {cast} = wanted;
  const close = () => targets.close();
  const rights = async () => redactor.value(await rightsFor(runbook, opening));
  const {file} = loaded;
  return {file, runbook, inventory, redactor, world, rights, ...(cast ? {cast} : {}), close};
}

/** What the work gave or threw, when it is asked for. */
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
