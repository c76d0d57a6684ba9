import {dirname} from 'node:path';
import {unitChanged} from '../../fleet/engine-problems.ts';
import {homeOf} from '../../fleet/home.ts';
import type {UnitRow} from '../../fleet/rows.ts';
import {fleetNamed} from '../../fleet/status.ts';
import {journalIsShared, journalNotShared} from '../../fleet/take-over-problems.ts';
import {isJournalLost, problemInFleet} from '../../fleet/unit-hints.ts';
import {hasBegun, journalHere} from '../../fleet/unit-state.ts';
import {
  beginAnywhere,
  giveUpJournal,
  installEnded,
  moveHere,
  sharedStateOf,
  type UnitElsewhere,
  unitElsewhere,
} from '../../fleet/unit-take-over.ts';
import {type Inventory, loadInventory} from '../../inventory/inventory.ts';
import {shellWord} from '../../model/hint.ts';
import {type Problem, problemsIn, SwitcharooError} from '../../model/problem.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {openStore} from '../../run/open-store.ts';
import {sharedRunIn} from '../../run/shared-run.ts';
import type {App} from '../app.ts';
import {listenToSignals} from '../signals.ts';
import {endsAtOnce, unlessStopped} from '../stopped.ts';
import {inDatabase, operatorOf, printOrder} from './fleet-orders.ts';
import {confirmRun, sayUnshared, takeOverShown} from './shown-take-over.ts';

interface TakeOverOptions {
  readonly fleet: string | undefined;
  readonly now: boolean;
  readonly name: string | undefined;
  /** Why a person is sure that nothing of a run without a journal is in place. */
  readonly journalLost: string | undefined;
}

/** Takes a unit over from a lost host: its run from the store, or only the unit where the run never began. */
export function takeOverUnit(app: App, unit: string, options: TakeOverOptions): Promise<ExitCode> {
  return inDatabase(app, async (database) => {
    const fleet = await fleetNamed(database, options.fleet);
    const order = {fleet, unit, operator: operatorOf(app)};
    const isLost = (row: UnitRow) => lossHere(app, row) !== undefined;
    const elsewhere = await unitElsewhere(database, order, homeOf(app.state), isLost);
    const taken = elsewhere
      ? await taking(app, elsewhere, options).then((take) => take(database, order))
      : {
          lines: [
            `${unit} is not on another host: its journal is here, or it has not started. Nothing was changed.`,
          ],
          next: [],
        };
    printOrder(
      app,
      {order: 'taken-over', fleet, wave: null, unit, isNew: elsewhere !== undefined, missing: 0},
      taken.lines,
      [...taken.next, 'fleet status'],
    );
    return exitCodes.done;
  });
}

/** Why the journal of a unit that belongs into this folder is of no use. */
function lossHere(app: App, row: UnitRow): Problem | undefined {
  try {
    journalHere(app, row);
    return undefined;
  } catch (error) {
    return problemsIn(error).find(isJournalLost);
  }
}

interface Taken {
  readonly lines: readonly string[];
  readonly next: readonly string[];
}

type Take = (
  database: Parameters<typeof moveHere>[0],
  order: Parameters<typeof moveHere>[2],
) => Promise<Taken>;

/** Does what must precede the change of the rows: a command that dies in between can be repeated. */
async function taking(app: App, unit: UnitElsewhere, options: TakeOverOptions): Promise<Take> {
  const inventory = loadInventory(unit.work.inventory, app.state.path);
  // A store that was named later proves nothing.
  if (inventory.digest !== unit.work.digests.inventory) {
    throw new SwitcharooError(unitChanged([inventory.name]));
  }
  if (inventory.store !== undefined) {
    return fromStore(app, unit, inventory, options);
  }
  const loss = unit.isHere ? lossHere(app, unit) : undefined;
  if (loss && options.journalLost === undefined) {
    throw new SwitcharooError(problemInFleet(loss, unit.unit));
  }
  if (options.journalLost === undefined) {
    throw new SwitcharooError(journalNotShared(unit, inventory.file));
  }
  return givingUp(app, unit, options.journalLost, options.name);
}

async function givingUp(
  app: App,
  unit: UnitElsewhere,
  journalLost: string,
  name: string | undefined,
): Promise<Take> {
  const {run} = unit;
  const reason = shellWord(journalLost);
  const again = `fleet take-over ${unit.unit} --journal-lost ${reason} --name ${run}`;
  await confirmRun(app, {run, confirmation: name, again});
  return async (database, order) => {
    await giveUpJournal(database, order, unit, journalLost);
    const lines = [
      `${run} is given up. Decide whether ${unit.unit} begins again, on any host, or is left out.`,
      ...(unit.isHere && app.state.journalIdentity(run) !== null
        ? [
            `Before ${unit.unit} can begin again, move ${dirname(app.state.journalOf(run))} out of the state folder: it has the damaged journal.`,
          ]
        : []),
    ];
    const decisions = ['resume', 'leave-out'].map((word) => `fleet ${word} ${unit.unit}`);
    return {lines, next: [decisions[0] ?? '', `${decisions[1]} --because REASON`]};
  };
}

async function fromStore(
  app: App,
  unit: UnitElsewhere,
  inventory: Inventory,
  options: TakeOverOptions,
): Promise<Take> {
  const {run} = unit;
  const signals = listenToSignals(app.say, endsAtOnce);
  const signal = signals.stopping;
  const about = {signal, run, done: 'taken over', again: `fleet take-over ${unit.unit}`};
  try {
    return await unlessStopped(about, () => foundInStore(app, unit, inventory, options, signal));
  } finally {
    signals.dispose();
  }
}

async function foundInStore(
  app: App,
  unit: UnitElsewhere,
  inventory: Inventory,
  {journalLost, now, name: confirmation}: TakeOverOptions,
  signal: AbortSignal,
): Promise<Take> {
  const {run} = unit;
  const {store, close} = await openStore(app, unit.work.inventory, signal);
  try {
    app.waiting(`Reading the shared journals in ${store.place}`);
    const shared = await sharedStateOf(store, run, signal);
    if (journalLost !== undefined) {
      if (shared === 'none' && hasBegun(unit)) {
        return await givingUp(app, unit, journalLost, confirmation);
      }
      throw new SwitcharooError(journalIsShared(run, store.place, unit.unit));
    }
    if (shared === 'none') {
      return beginning(unit, store.place);
    }
    if (shared === 'over') {
      await sayUnshared(app, store, run, signal);
      await installEnded(app, store, run, signal);
    } else {
      const again = `fleet take-over ${unit.unit} --name ${run}`;
      const about = {...{store, inventory, file: unit.work.inventory, isSure: now}, confirmation};
      const open = {...about, shared: await sharedRunIn(store, run, signal), again};
      await takeOverShown(app, open, signal).catch(refuseUnlessHere);
    }
    return here(app, unit);
  } finally {
    await close();
  }
}

/** A command that died has taken it over already. */
function refuseUnlessHere(error: unknown): void {
  if (!(error instanceof SwitcharooError) || error.problem.code !== 'run-is-here') {
    throw error;
  }
}

const beginning =
  (unit: UnitElsewhere, place: string): Take =>
  async (database, order) => {
    await beginAnywhere(database, order, unit, place);
    return {
      lines: [`${unit.run} is not in ${place}, so it never began: any runner may begin it now.`],
      next: [],
    };
  };

const here =
  (app: App, unit: UnitElsewhere): Take =>
  async (database, order) => {
    const {status} = await moveHere(database, app, order, unit);
    const where = `a runner with the state folder ${app.state.path}`;
    const isOver = status === 'done' || status === 'failed';
    return status === 'waiting' || isOver
      ? {
          lines: [
            `${unit.run} is here now. ${isOver ? 'It had already ended.' : `${unit.unit} continues with ${where}.`}`,
          ],
          next: isOver ? [`report ${unit.run}`] : ['fleet runner'],
        }
      : {
          lines: [
            `${unit.run} is here now and waits for your decision. To continue, it needs ${where}.`,
          ],
          next: [`fleet resume ${unit.unit}`, `reverse ${unit.run}`],
        };
  };
