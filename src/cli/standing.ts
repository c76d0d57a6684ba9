import {problemsIn} from '../model/problem.ts';
import {type Progress, standingEntries} from '../model/progress.ts';
import {standingTexts} from '../report/index.ts';
import {type App, nextFor, tellProblems} from './app.ts';
import {type ExitCode, exitCodeOf, exitCodes} from './exit.ts';

/** Does something about a run that began earlier: whatever is refused, what stands of it is told, and said by the exit code. */
export async function aboutRun(
  app: App,
  progress: Progress,
  work: () => Promise<ExitCode>,
): Promise<ExitCode> {
  try {
    return await work();
  } catch (error) {
    const problems = problemsIn(error);
    tellProblems(app, problems, {stands: standingTexts(progress), next: nextFor(app, progress)});
    const code = exitCodeOf(problems[0]?.code ?? '');
    return code === exitCodes.blocked ? heldCode(progress) : code;
  }
}

/** Of a run that was left as it was. */
export const heldCode = (progress: Progress): ExitCode =>
  standingEntries(progress).length > 0 ? exitCodes.halfWay : exitCodes.blocked;
