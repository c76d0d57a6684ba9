import {messageOf} from '../../engine/look.ts';
import {askWayBack} from '../../engine/reversal-loss.ts';
import {type Holder, isDead} from '../../journal/lock.ts';
import {appliedEntries, type Progress} from '../../model/progress.ts';
import {losslessOf, type ReversalLossAnswer} from '../../model/reversal-loss.ts';
import {statusText} from '../../report/index.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {openWorld} from '../../run/open-world.ts';
import {
  holderOfRun,
  isCommand,
  openRuns,
  progressIn,
  readableProgress,
  workerOn,
} from '../../run/past-runs.ts';
import {type App, nextBesideWorker, nextFor} from '../app.ts';
import {listenToSignals} from '../signals.ts';

export interface StatusWords {
  /** Asks no system: what the journal knows. */
  readonly offline: boolean;
}

/** Where a run stands, what is next, who holds it, and whether it could go back now without losing anything. */
export async function statusCommand(
  app: App,
  wanted: string | undefined,
  {offline}: StatusWords,
): Promise<ExitCode> {
  const progress = progressIn(app, runToTell(app, wanted));
  const beside = openRuns(app).filter(({run}) => run.run !== progress.run.run);
  const holder = holderOfRun(app, progress);
  const next = workerOn(app, progress) ? nextBesideWorker(app, progress) : nextFor(app, progress);
  const wayBack = offline ? null : await wayBackNow(app, progress);
  if (app.json) {
    const commands = next.map(({command}) => command);
    const alsoOpen = beside.map(({run}) => run.run);
    const document = {...statusDocument(progress, holder, commands), alsoOpen};
    app.print(JSON.stringify({...document, ...asked(wayBack)}));
  } else {
    const held = holder ? {holder: {...holder, dead: isDead(holder)}} : {};
    const answers = wayBack ? {wayBack} : {};
    app.print(statusText(progress, {...app, now: new Date(), next, beside, ...held, ...answers}));
  }
  return exitCodes.done;
}

/** Without a name, the newest; a command that was run once hides no run that is not at its end. */
function runToTell(app: App, wanted: string | undefined): string {
  const newest = app.state.find(wanted, 'run', () => true);
  const progress = readableProgress(app, newest);
  const [open] = wanted === undefined && progress && isCommand(progress) ? openRuns(app) : [];
  return open?.run.run ?? newest;
}

/** What could still be lost is asked of the systems themselves; where they cannot be reached, that is the answer. */
async function wayBackNow(
  app: App,
  progress: Progress,
): Promise<readonly ReversalLossAnswer[] | null> {
  if (progress.passedPointOfNoReturn || appliedEntries(progress).length === 0) {
    return null;
  }
  const {run} = progress.run;
  const signals = listenToSignals(app.say);
  try {
    const {runbook, inventory, params, cast} = progress.run;
    const opened = await openWorld(
      app,
      {
        runbook: runbook.file,
        inventory: inventory.file,
        params: {},
        journaledParams: params,
        cast,
        run,
      },
      signals,
      () => {},
    );
    try {
      return opened.redactor.value(
        await askWayBack(
          opened.world,
          progress,
          AbortSignal.any([signals.stopping, AbortSignal.timeout(longestMs)]),
        ),
      );
    } finally {
      await opened.close();
    }
  } catch (error) {
    // Whatever it was, where the run stands is known all the same.
    return [{entry: '', lossless: 'not known', because: [`${messageOf(error)}.`]}];
  } finally {
    signals.dispose();
  }
}

/** Nobody waits longer for a status. */
const longestMs = 20_000;

const asked = (wayBack: readonly ReversalLossAnswer[] | null) =>
  wayBack === null || wayBack.length === 0
    ? {}
    : {wayBack: {lossless: losslessOf(wayBack), entries: wayBack}};

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
    entries: [...entries.values()].map(({id, phase, unit, state, applied: stands}) => ({
      id,
      phase,
      unit,
      state,
      stands,
    })),
    next,
  };
}
