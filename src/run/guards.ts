import {type App, nextBesideWorker, nextFor, tellProblems} from '../cli/app.ts';
import {heldBy} from '../journal/lock.ts';
import {problemsIn, SwitcharooError} from '../model/problem.ts';
import {appliedEntries, type Progress} from '../model/progress.ts';
import {standingTexts} from '../report/index.ts';
import {type ExitCode, exitCodeOf, exitCodes} from './exit-codes.ts';
import {workerOn} from './past-runs.ts';

/** Does something about a run that began earlier: whatever is refused, what stands of it is told, and said by the exit code. */
export async function aboutRun(
  app: App,
  progress: Progress,
  work: () => Promise<ExitCode>,
): Promise<ExitCode> {
  try {
    // Found out before anything is planned: what is half-way done there would be told as obstacles.
    refuseBesideWorker(app, progress);
    return await work();
  } catch (error) {
    const problems = problemsIn(error);
    const next = workerOn(app, progress) ? nextBesideWorker(app, progress) : nextFor(app, progress);
    tellProblems(app, problems, {stands: standingTexts(progress), next});
    const code = exitCodeOf(problems[0]?.code ?? '');
    return code === exitCodes.blocked ? heldCode(progress) : code;
  }
}

function refuseBesideWorker(app: App, progress: Progress): void {
  const holder = workerOn(app, progress);
  if (holder) {
    throw new SwitcharooError(heldBy(holder));
  }
}

/** Of a run that was left as it was. */
export const heldCode = (progress: Progress): ExitCode =>
  appliedEntries(progress).length > 0 ? exitCodes.halfWay : exitCodes.blocked;
