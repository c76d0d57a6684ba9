import {isDeepStrictEqual} from 'node:util';
import type {Operator} from '../../engine/operator.ts';
import {makePlan} from '../../engine/plan.ts';
import {placeUnknown} from '../../engine/problems.ts';
import {isPlace, type RunOutcome} from '../../engine/run.ts';
import type {Cast} from '../../inventory/targets.ts';
import {heldBy} from '../../journal/lock.ts';
import {newRunName} from '../../journal/state-folder.ts';
import type {Plan} from '../../model/plan.ts';
import {type Problem, SwitcharooError} from '../../model/problem.ts';
import {appliedEntries} from '../../model/progress.ts';
import type {Entry} from '../../model/runbook.ts';
import {planText} from '../../report/index.ts';
import {approve} from '../../run/approval.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {type Opened, openWorld} from '../../run/open-world.ts';
import {tellEnd} from '../../run/outcome.ts';
import {earlierReport, progressIn, readableProgress, workerOn} from '../../run/past-runs.ts';
import {savePlan} from '../../run/plan-store.ts';
import {beginRun, goForward, type Held} from '../../run/run-session.ts';
import {type App, tellProblems} from '../app.ts';
import {operatorFor} from '../operators.ts';
import {type Showing, showRun} from '../run-screen.ts';
import type {ScreenKind} from '../screen/index.ts';
import {listenToSignals, type Signals} from '../signals.ts';
import {blockedIn, changesSincePlan, type PlanOptions, tellBlocked} from './plan.ts';

export interface RunOptions extends PlanOptions {
  readonly plan?: string;
  readonly yes: boolean;
  readonly until?: string;
  readonly onFailure?: 'stop' | 'reverse';
  readonly decideBy?: Date;
}

/** Plans, asks, and runs. */
export async function runCommand(
  app: App,
  runbook: string,
  options: RunOptions,
): Promise<ExitCode> {
  const signals = listenToSignals(app.say);
  try {
    return await planAndRun({app, runbook, options, signals}, async (held, outcome, show) => {
      await show.close();
      return tellEnd(app, held, outcome);
    });
  } finally {
    signals.dispose();
  }
}

export interface Starting {
  readonly app: App;
  readonly runbook: string;
  readonly options: RunOptions;
  readonly signals: Signals;
  /** Parameters that are no words, and who plays which target, for commands that bring their own runbook. */
  readonly params?: Readonly<Record<string, unknown>>;
  readonly cast?: Cast;
  /** Instead of the screen that fits. */
  readonly how?: ScreenKind;
  /** Puts answers before those of the operator. */
  readonly answering?: (operator: Operator) => Operator;
  /** A rehearsal asks nobody. */
  readonly rehearsal?: Operator;
}

/** What is done with a run that has come to its end, or to a halt, before it is let go. */
export type AfterRun = (held: Held, outcome: RunOutcome, show: Showing) => Promise<ExitCode>;

/** The whole way of a run, from its plan to its outcome. The targets are closed and the lock is free afterwards. */
export async function planAndRun(starting: Starting, after: AfterRun): Promise<ExitCode> {
  const {app, runbook, options, signals} = starting;
  const run = newRunName(new Date());
  const show = showRun(app, {
    earlier: () => earlierReport(app, opened.runbook.head.name, run),
    ...(starting.how ? {how: starting.how} : {}),
  });
  signals.sayBy(show.say);
  const wanted = {
    runbook,
    inventory: options.inventory,
    params: {...options.param, ...starting.params},
    cast: starting.cast,
    run,
  };
  const opened = await openWorld(app, wanted, signals, show.observe);
  try {
    const {world, inventory, redactor} = opened;
    refuseUnknownPlace(opened, options.until);
    // Before anything is looked at: what the unfinished one has changed would be told as obstacles, with hints to undo it.
    refuseBesideUnfinished(app, opened);
    const made = await makePlan({world, inventory, signal: signals.stopping});
    const plan = redactor.value(made);
    savePlan(app, plan);
    showPlan(app, plan, starting.rehearsal !== undefined);
    if (blockedIn(plan).length > 0) {
      tellBlocked(app, plan);
      return exitCodes.blocked;
    }
    if (options.until !== undefined && !starting.rehearsal) {
      app.say(`This run ends at ${options.until}; from there it goes on with "resume", or back.`);
    }
    return await approveAndRun(starting, {opened, plan, run, show}, after);
  } finally {
    await show.close();
    await opened.close();
  }
}

interface Planned {
  readonly opened: Opened;
  readonly plan: Plan;
  readonly run: string;
  readonly show: Showing;
}

async function approveAndRun(
  {app, options, signals, rehearsal, answering = (operator) => operator}: Starting,
  {opened, plan, run, show}: Planned,
  after: AfterRun,
): Promise<ExitCode> {
  const {inventory} = opened;
  const operator = rehearsal ?? answering(operatorFor(app, show, {...options, lab: inventory.lab}));
  const question = `Run this plan on ${inventory.name}?`;
  const {answer, by} = await approve({
    app,
    operator,
    about: 'plan',
    question,
    digest: plan.digest,
    inventory,
    changesSince: changesSincePlan(app, plan),
    yes: options.yes,
    ...(options.plan === undefined ? {} : {plan: options.plan}),
    rehearsal: rehearsal !== undefined,
    signal: signals.stopping,
  });
  if (answer === 'no') {
    tellProblems(app, [notApproved(plan.digest)]);
    return exitCodes.blocked;
  }
  const held = beginRun(
    {
      app,
      opened,
      signals,
      operator,
      run,
      ...(options.decideBy ? {decideBy: options.decideBy} : {}),
    },
    plan.digest,
    rehearsal !== undefined,
    () => refuseBesideUnfinished(app, opened),
  );
  try {
    const details = [`plan ${plan.digest}`];
    show.begin(opened, held);
    held.context.record.add({
      kind: 'answered',
      entry: null,
      about: 'plan',
      question,
      details,
      answer,
      by,
    });
    const outcome = await goForward(held, options.until);
    return await after(held, outcome, show);
  } finally {
    held.release();
  }
}

/** A slip in the place to end at would otherwise run the whole way. */
function refuseUnknownPlace({runbook}: Opened, until: string | undefined): void {
  if (until !== undefined && !isPlace(runbook, until)) {
    throw new SwitcharooError(placeUnknown(until, runbook));
  }
}

/** A second run beside one that stands half-way would take its changes for the world's own, and never put them back. */
function refuseBesideUnfinished(app: App, {runbook, inventory, cast}: Opened): void {
  if (!runbook.entries.some(({unit}: Entry) => unit.kind === 'step')) {
    // What cannot be put back at all is not in the way of a second run.
    return;
  }
  const unfinished = app.state.runs().find((name) => {
    const progress = readableProgress(app, name);
    return (
      progress?.run.runbook.name === runbook.head.name &&
      progress.run.inventory.name === inventory.name &&
      isDeepStrictEqual(progress.run.cast, cast) &&
      progress.outcome !== 'done' &&
      appliedEntries(progress).length > 0 &&
      // The lab that it ran in is gone when another one is up.
      (!inventory.lab || progress.run.inventory.digest === inventory.digest)
    );
  });
  if (unfinished !== undefined) {
    // A colleague who is at work there is neither to be resumed nor reversed.
    const worker = workerOn(app, progressIn(app, unfinished));
    throw new SwitcharooError(
      worker ? heldBy(worker) : runUnfinished(unfinished, runbook.head.name, inventory.name),
    );
  }
}

/** A rehearsal is about the run: its plan is shown in one line. */
function showPlan(app: App, plan: Plan, isRehearsal: boolean): void {
  if (app.json) {
    app.print(JSON.stringify({kind: 'planned', plan}));
  } else if (!isRehearsal || blockedIn(plan).length > 0) {
    app.print(planText(plan, app));
  }
}

const runUnfinished = (run: string, runbook: string, inventory: string): Problem => ({
  code: 'run-unfinished',
  message: `${run} of ${runbook} on ${inventory} is not finished, and changes of it stand.`,
  hint: `Go on with it: switcharoo resume ${run}, or go back first: switcharoo reverse ${run}`,
});

const notApproved = (digest: string) => ({
  code: 'not-approved',
  message: `The plan ${digest} was not approved.`,
  hint: 'Nothing has been changed. Plan again when it is time.',
});
