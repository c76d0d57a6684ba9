import {problemsIn} from '../model/problem.ts';
import type {Progress} from '../model/progress.ts';
import {type ExitCode, exitCodeOf, exitCodes} from '../run/exit-codes.ts';
import {pausedExitCode} from '../run/outcome.ts';
import type {App} from './app.ts';
import {printProblemsOf} from './print-problems.ts';

/**
 * Does something with a run that began earlier. Whatever is refused is reported with its changes in place, and by the
 * exit code.
 */
export async function aboutRun(
  app: App,
  progress: Progress,
  work: () => Promise<ExitCode>,
): Promise<ExitCode> {
  try {
    return await work();
  } catch (error) {
    const problems = problemsIn(error);
    printProblemsOf(app, progress, problems);
    const code = exitCodeOf(problems[0]?.code ?? '');
    return code === exitCodes.blocked ? pausedExitCode(progress) : code;
  }
}
