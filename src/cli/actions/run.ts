import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {openRun, type RunRequest} from '../../run/open-run.ts';
import type {App} from '../app.ts';
import {printOutcome} from '../print-outcome.ts';
import {withRun} from '../with-run.ts';
import {printObstacles, printPlanOf} from './plan.ts';

/** Plans, asks for approval, and runs. */
export function startRun(app: App, request: RunRequest): Promise<ExitCode> {
  const {until} = request;
  const open = (connection: Partial<RunRequest>) => openRun({...request, ...connection}, app);
  return withRun(app, {open, compares: true}, async (run, {screen}) => {
    const plan = await printPlanOf(app, run);
    if (printObstacles(app, plan)) {
      return exitCodes.blocked;
    }
    if (until !== undefined) {
      app.say(
        `This run stops at ${until}. From there, "resume" continues it and "reverse" reverses it.`,
      );
    }
    const result = await run.forward(plan);
    await screen.close();
    printOutcome(app, run, result);
    return run.exitCode(result);
  });
}
