import {nothingToReverse} from '../../engine/problems.ts';
import {makeReversePlan} from '../../engine/reverse-plan.ts';
import type {ReversePlan} from '../../model/plan.ts';
import {type Problem, SwitcharooError} from '../../model/problem.ts';
import {appliedEntries, type Progress} from '../../model/progress.ts';
import {reversePlanText, standingTexts} from '../../report/index.ts';
import {approve} from '../../run/approval.ts';
import type {ExitCode} from '../../run/exit-codes.ts';
import {aboutRun, heldCode} from '../../run/guards.ts';
import {isCommand, openRuns, progressIn, readableProgress} from '../../run/past-runs.ts';
import {type TakingUpOptions, takingUp} from '../../run/reopen-run.ts';
import {goBack, type Holding} from '../../run/run-session.ts';
import {type App, nextFor, tellProblems} from '../app.ts';

export interface ReverseOptions extends TakingUpOptions {
  readonly to?: string;
}

/** Plans the way back, asks, and goes back. */
export async function reverseCommand(
  app: App,
  wanted: string | undefined,
  options: ReverseOptions,
): Promise<ExitCode> {
  const run = runToReverse(app, wanted);
  const progress = progressIn(app, run);
  if (appliedEntries(progress).length === 0) {
    throw new SwitcharooError(nothingToReverse(run));
  }
  return aboutRun(app, progress, () => reverse(app, progress, options));
}

function reverse(app: App, progress: Progress, options: ReverseOptions): Promise<ExitCode> {
  // Without a place, on to that of a reversal that is under way.
  const to = options.to ?? progress.reversingTo?.to ?? null;
  return takingUp(app, progress, options, async ({holding, act}) => {
    const plan = await showWayBack(holding, progress, to);
    const stuck = stuckIn(plan);
    if (stuck.length > 0) {
      return refuse(app, progress, stuck);
    }
    const {inventory} = holding.opened;
    const question = `Go back to ${to ?? 'the very start'} on ${inventory.name}?`;
    const {answer, by} = await approve({
      app,
      operator: holding.operator,
      about: 'reversal',
      question,
      digest: plan.digest,
      inventory,
      yes: options.yes,
      ...(options.plan === undefined ? {} : {plan: options.plan}),
      rehearsal: progress.run.rehearsal,
      signal: holding.signals.stopping,
    });
    if (answer === 'no') {
      return refuse(app, progress, [notApproved(progress.run.run)]);
    }
    return act((held) => {
      const details = [`plan ${plan.digest}`];
      const answered = {entry: null, about: 'reversal', question, details, answer, by} as const;
      held.context.record.add({kind: 'answered', ...answered});
      return goBack(held, to, async () => plan.digest);
    });
  });
}

/** What it would take, as it is printed: the redactor has read it. */
export async function showWayBack(
  {app, opened, signals}: Pick<Holding, 'app' | 'opened' | 'signals'>,
  progress: Progress,
  to: string | null,
): Promise<ReversePlan> {
  const made = await makeReversePlan(opened.world, progress, to, signals.stopping);
  const plan = opened.redactor.value(made);
  app.print(
    app.json ? JSON.stringify({kind: 'reverse-planned', plan}) : reversePlanText(plan, app),
  );
  return plan;
}

function refuse(app: App, progress: Progress, problems: readonly Problem[]): ExitCode {
  tellProblems(app, problems, {stands: standingTexts(progress), next: nextFor(app, progress)});
  return heldCode(progress);
}

/**
 * Without a name, the one that is not at its end; else the newest that ever changed something. It never falls back to an
 * older one: whoever says "reverse" twice has not asked for the run before.
 */
function runToReverse(app: App, wanted: string | undefined): string {
  const [open] = wanted === undefined ? openRuns(app) : [];
  return (
    open?.run.run ??
    app.state.find(wanted, 'run with something to reverse', (name) => {
      const progress = readableProgress(app, name);
      return progress !== undefined && hasChanged(progress) && !isCommand(progress);
    })
  );
}

function hasChanged({run, outcome, entries}: Progress): boolean {
  // The lab of a rehearsal that has ended is gone.
  const isGone = run.rehearsal && outcome === 'done';
  return (
    !isGone &&
    [...entries.values()].some(({applied: stands, state}) => stands || state === 'reversed')
  );
}

/** What keeps a way back from being gone whole; nothing is begun then. */
export function stuckIn(plan: ReversePlan): readonly Problem[] {
  return plan.lines
    .filter(({outlook}) => outlook === 'blocked' || outlook === 'drift')
    .map(({entry, outlook, says = 'it cannot go back', hint = ''}) => ({
      code: outlook === 'drift' ? 'drift' : 'reverse-blocked',
      message: `${entry}: ${says}`,
      hint,
    }));
}

const notApproved = (run: string): Problem => ({
  code: 'not-approved',
  message: `${run} stays where it is: going back was not approved.`,
  hint: 'Nothing was changed by this command.',
});
