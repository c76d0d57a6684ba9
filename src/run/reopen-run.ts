import type {App} from '../cli/app.ts';
import {operatorFor, rehearsalOperator} from '../cli/operators.ts';
import {type Showing, showRun} from '../cli/run-screen.ts';
import {listenToSignals, type Signals} from '../cli/signals.ts';
import {changesBetween, printsOf} from '../engine/digests.ts';
import {runbookChanged} from '../engine/problems.ts';
import type {RunOutcome} from '../engine/run.ts';
import {SwitcharooError} from '../model/problem.ts';
import type {Progress} from '../model/progress.ts';
import type {ExitCode} from './exit-codes.ts';
import {type Opened, openWorld} from './open-world.ts';
import {tellEnd} from './outcome.ts';
import {type Held, type Holding, takeUpRun} from './run-session.ts';

export interface TakingUpOptions {
  readonly plan?: string;
  readonly yes: boolean;
  readonly onFailure?: 'stop' | 'reverse';
  readonly decideBy?: Date;
  readonly acceptChanges: boolean;
  /** Where they lie on this machine, if not where the run found them. */
  readonly runbook?: string;
  readonly inventory?: string;
}

/** A run that began earlier, opened to look at; `act` takes its lock and goes on with its journal. */
export interface TakingUp {
  readonly holding: Holding;
  act(work: (held: Held) => Promise<RunOutcome>): Promise<ExitCode>;
}

/** Opens what a run began with, and closes it whatever happens. */
export async function takingUp(
  app: App,
  progress: Progress,
  options: TakingUpOptions,
  work: (taking: TakingUp) => Promise<ExitCode>,
): Promise<ExitCode> {
  const {run, rehearsal} = progress.run;
  const signals = listenToSignals(app.say);
  const show = showRun(app, {});
  signals.sayBy(show.say);
  let opened: Opened | undefined;
  try {
    opened = await openAgain(app, progress, options, signals, show);
    const accepted = changesSince(progress, opened, options.acceptChanges);
    const operator = rehearsal
      ? rehearsalOperator()
      : operatorFor(app, show, {...options, lab: opened.inventory.lab});
    const {decideBy} = options;
    const holding = {app, opened, signals, operator, run, ...(decideBy ? {decideBy} : {})};
    return await work({
      holding,
      act: (acting) => actOn({holding, accepted, progress, show}, acting),
    });
  } finally {
    await show.close();
    await opened?.close();
    signals.dispose();
  }
}

async function actOn(
  taken: {holding: Holding; accepted: readonly string[]; progress: Progress; show: Showing},
  work: (held: Held) => Promise<RunOutcome>,
): Promise<ExitCode> {
  const {holding, accepted, progress, show} = taken;
  const held = takeUpRun(holding, accepted, progress);
  try {
    show.begin(holding.opened, held);
    const outcome = await work(held);
    await show.close();
    return tellEnd(holding.app, held, outcome);
  } finally {
    held.release();
  }
}

/** Opens the runbook and the inventory that a run began with. */
function openAgain(
  app: App,
  {run}: Progress,
  options: {readonly runbook?: string; readonly inventory?: string},
  signals: Signals,
  show: Showing,
): Promise<Opened> {
  const wanted = {
    runbook: options.runbook ?? run.runbook.file,
    inventory: options.inventory ?? run.inventory.file,
    params: {},
    journaledParams: run.params,
    cast: run.cast,
    run: run.run,
  };
  return openWorld(app, wanted, signals, show.observe);
}

/** Nothing that changed under a stopped run is taken up silently. */
function changesSince(
  {run}: Progress,
  {runbook, inventory}: Opened,
  accept: boolean,
): readonly string[] {
  const changes = [
    ...changesBetween(run.runbook.entries, printsOf(runbook)),
    ...(run.inventory.digest === inventory.digest
      ? []
      : [
          inventory.lab
            ? `the lab that it ran in is not the one that is up now, or ${inventory.file} was edited (of a run whose lab is gone there is only the report left)`
            : `${inventory.name} (${inventory.file}) changed`,
        ]),
  ];
  if (changes.length > 0 && !accept) {
    throw new SwitcharooError(runbookChanged(run.run, changes));
  }
  return changes;
}
