import {makePlan} from '../../engine/plan.ts';
import {runFinished} from '../../engine/problems.ts';
import type {RunOutcome} from '../../engine/run.ts';
import type {FactOf} from '../../model/journal.ts';
import {SwitcharooError} from '../../model/problem.ts';
import type {Progress} from '../../model/progress.ts';
import {planText, standingTexts, statusText} from '../../report/index.ts';
import {approve} from '../../run/approval.ts';
import type {ExitCode} from '../../run/exit-codes.ts';
import {aboutRun, heldCode} from '../../run/guards.ts';
import {isOver, progressIn} from '../../run/past-runs.ts';
import {savePlan} from '../../run/plan-store.ts';
import {type TakingUpOptions, takingUp} from '../../run/reopen-run.ts';
import {goBack, goForward, type Held, type Holding} from '../../run/run-session.ts';
import {type App, nextFor, tellProblems} from '../app.ts';
import {blockedIn, changesSincePlan, tellBlocked} from './plan.ts';
import {showWayBack} from './reverse.ts';

export interface ResumeOptions extends TakingUpOptions {
  readonly until?: string;
}

/** Looks, says what stands, and goes on: forward, or back when a reversal was interrupted. */
export async function resumeCommand(
  app: App,
  wanted: string | undefined,
  options: ResumeOptions,
): Promise<ExitCode> {
  const run = app.state.find(wanted, 'run to resume', (name) => isOpen(app, name));
  const progress = progressIn(app, run);
  if (isOver(progress)) {
    throw new SwitcharooError(runFinished(run, progress.outcome));
  }
  return aboutRun(app, progress, () => resume(app, progress, options));
}

function resume(app: App, progress: Progress, options: ResumeOptions): Promise<ExitCode> {
  return takingUp(app, progress, options, async ({holding, act}) => {
    sayWhereItStands(app, progress);
    const approved = await approveRest(holding, progress, options);
    return approved ? act((held) => goOn(held, approved, options)) : heldCode(progress);
  });
}

function isOpen(app: App, run: string): boolean {
  try {
    return !isOver(progressIn(app, run));
  } catch {
    // A damaged one is offered too: opening it says what is wrong with it.
    return true;
  }
}

function sayWhereItStands(app: App, progress: Progress): void {
  if (!app.json) {
    app.print(statusText(progress, {...app, now: new Date(), next: []}));
    app.print('');
  }
}

/** Shows the rest of the way, and has it approved. */
async function approveRest(
  {app, opened, operator, signals}: Holding,
  progress: Progress,
  options: ResumeOptions,
): Promise<Approved | undefined> {
  const {world, inventory, redactor} = opened;
  const {reversingTo} = progress;
  let digest: string;
  let changesSince = (_approved: string): readonly string[] => [];
  if (reversingTo) {
    ({digest} = await showWayBack({app, opened, signals}, progress, reversingTo.to));
  } else {
    const plan = redactor.value(
      await makePlan({world, inventory, progress, signal: signals.stopping}),
    );
    digest = plan.digest;
    changesSince = changesSincePlan(app, plan);
    savePlan(app, plan);
    app.print(app.json ? JSON.stringify({kind: 'planned', plan}) : planText(plan, app));
    if (blockedIn(plan).length > 0) {
      tellBlocked(app, plan, {stands: standingTexts(progress), next: nextFor(app, progress)});
      return undefined;
    }
  }
  const about = reversingTo ? 'reversal' : 'plan';
  const question = reversingTo
    ? 'Go on with the reversal?'
    : `Go on with this plan on ${inventory.name}?`;
  const {answer, by} = await approve({
    app,
    operator,
    about,
    question,
    digest,
    changesSince,
    inventory,
    yes: options.yes,
    ...(options.plan === undefined ? {} : {plan: options.plan}),
    rehearsal: progress.run.rehearsal,
    signal: signals.stopping,
  });
  if (answer === 'no') {
    tellProblems(app, [notApproved(progress.run.run)], {
      stands: standingTexts(progress),
      next: nextFor(app, progress),
    });
    return undefined;
  }
  const details = [`plan ${digest}`];
  return {digest, answered: {kind: 'answered', entry: null, about, question, details, answer, by}};
}

/** What was approved, and the approval as the journal keeps it. */
interface Approved {
  readonly digest: string;
  readonly answered: FactOf<'answered'>;
}

async function goOn(
  held: Held,
  {digest, answered}: Approved,
  {until}: ResumeOptions,
): Promise<RunOutcome> {
  const {record} = held.context;
  record.add(answered);
  const {reversingTo} = record.progress;
  return reversingTo ? goBack(held, reversingTo.to, async () => digest) : goForward(held, until);
}

const notApproved = (run: string) => ({
  code: 'not-approved',
  message: `${run} holds: going on was not approved.`,
  hint: 'Everything is as it was. Go on with: switcharoo resume',
});
