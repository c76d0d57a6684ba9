import {type Holder, isDead} from '../../journal/lock-holder.ts';
import type {Progress} from '../../model/progress.ts';
import {losslessOf, type ReversalLossAnswer} from '../../model/reversal-loss.ts';
import {statusText} from '../../report/index.ts';
import {runToShow} from '../../run/choose-run.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {holderOfRun, openRuns} from '../../run/past-runs.ts';
import type {App} from '../app.ts';
import {nextCommands} from '../next-commands.ts';
import {listenToSignals} from '../signals.ts';

type LossAnswers = readonly ReversalLossAnswer[] | null;

/** Shows the state of a run, what is next, who holds it, and whether a reversal would lose data now. */
export async function showStatus(
  app: App,
  name: string | undefined,
  offline: boolean,
): Promise<ExitCode> {
  const progress = runToShow(app, name);
  const otherRuns = openRuns(app).filter(({run}) => run.run !== progress.run.run);
  const holder = holderOfRun(app, progress);
  const next = nextCommands(app, progress);
  const loss = offline ? null : await reversalLoss(app, progress);
  if (app.json) {
    const commands = next.map(({command}) => command);
    const alsoOpen = otherRuns.map(({run}) => run.run);
    const document = {...statusDocument(progress, holder, commands), alsoOpen};
    app.print(JSON.stringify({...document, ...lossDocument(loss)}));
  } else {
    const held = holder ? {holder: {...holder, dead: isDead(holder)}} : {};
    const answers = loss ? {reversal: loss} : {};
    app.print(
      statusText(progress, {...app, now: new Date(), next, otherRuns, ...held, ...answers}),
    );
  }
  return exitCodes.done;
}

/** Asks the targets. This loads the engine and the steps, which a status alone does not need. */
async function reversalLoss(app: App, progress: Progress): Promise<LossAnswers> {
  const {askReversalLoss} = await import('../../run/reversal-loss.ts');
  const signals = listenToSignals(app.say);
  try {
    return await askReversalLoss(app, progress, signals);
  } finally {
    signals.dispose();
  }
}

const lossDocument = (answers: LossAnswers) =>
  answers === null || answers.length === 0
    ? {}
    : {reversal: {lossless: losslessOf(answers), entries: answers}};

export function statusDocument(
  progress: Progress,
  holder: Holder | undefined,
  next: readonly string[],
) {
  const {run, outcome, entries, checkpoints, passedPointOfNoReturn, problem, seq} = progress;
  return {
    run: run.run,
    runbook: run.runbook.name,
    inventory: run.inventory.name,
    outcome,
    seq,
    startedAtUtc: progress.startedAt.toISOString(),
    checkpoints,
    passedPointOfNoReturn,
    holder: holder
      ? {user: holder.user, host: holder.host, pid: holder.pid, dead: isDead(holder)}
      : null,
    problem: problem ?? null,
    entries: [...entries.values()].map(({id, phase, unit, state, applied}) => ({
      id,
      phase,
      unit,
      state,
      applied,
    })),
    next,
  };
}
