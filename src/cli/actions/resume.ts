import {planText} from '../../report/index.ts';
import {runToResume} from '../../run/choose-run.ts';
import type {ExitCode} from '../../run/exit-codes.ts';
import {obstaclesIn} from '../../run/obstacles.ts';
import {type ReopenRequest, reopenRun} from '../../run/open-run.ts';
import {pausedExitCode, type RunResult} from '../../run/outcome.ts';
import {outageIn} from '../../run/past-runs.ts';
import type {Run} from '../../run/run.ts';
import {aboutRun} from '../about-run.ts';
import type {App} from '../app.ts';
import {printOutcome} from '../print-outcome.ts';
import {printProblemsOf} from '../print-problems.ts';
import {withRun} from '../with-run.ts';
import {earlierRun, printPlanned} from './plan.ts';
import {printReversalPlan} from './reverse.ts';
import {statusIn} from './status.ts';

/** Shows what has been applied, and continues: forward, or in reverse when a reversal was interrupted. */
export async function resumeRun(
  app: App,
  name: string | undefined,
  request: Omit<ReopenRequest, 'run'>,
): Promise<ExitCode> {
  const progress = runToResume(app, name, request.besides);
  const {run: reopened} = progress.run;
  const open = (connection: Partial<ReopenRequest>) =>
    reopenRun({...request, run: reopened, ...connection}, app);
  return aboutRun(app, progress, () =>
    withRun(app, {open}, async (run, {screen}) => {
      printState(app, run);
      const result = await continueRun(app, run);
      if (result === 'blocked') {
        return pausedExitCode(run.progress);
      }
      await screen.close();
      printOutcome(app, run, result);
      return run.exitCode(result);
    }),
  );
}

/** With how long it still takes once it continues. */
function printState(app: App, {progress, forecasts}: Run): void {
  if (!app.json && progress) {
    const outage = outageIn(app, progress);
    const forecast = forecasts.atRest();
    const known = {...(outage ? {outage} : {}), ...(forecast ? {forecast} : {})};
    app.print(statusIn(app, {progress, otherRuns: [], next: [], ...known}));
    app.print('');
  }
}

async function continueRun(app: App, run: Run): Promise<RunResult | 'blocked'> {
  const reversingTo = run.progress?.reversingTo;
  if (reversingTo) {
    return run.reverse(await printReversalPlan(app, run, reversingTo.to));
  }
  const plan = await run.plan();
  const {remarks, longestOutage, people} = run;
  const earlier = earlierRun(app, plan);
  const options = {...app, resumed: true, earlier, longestOutage, remarks, people};
  if (app.json) {
    printPlanned(app, run, plan, run.forecasts.atRest());
  } else {
    app.print(planText(plan, options));
  }
  const obstacles = obstaclesIn(plan);
  if (obstacles.length > 0 && run.progress) {
    printProblemsOf(app, run.progress, obstacles);
    return 'blocked';
  }
  return run.forward(plan);
}
