import {obstaclesToReversal} from '../../engine/reverse-plan.ts';
import {nextReversal} from '../../forecast/next-reversal.ts';
import type {ReversePlan} from '../../model/plan.ts';
import {remarkText} from '../../report/index.ts';
import {runToReverse} from '../../run/choose-run.ts';
import type {ExitCode} from '../../run/exit-codes.ts';
import {type ReopenRequest, reopenRun} from '../../run/open-run.ts';
import {pausedExitCode} from '../../run/outcome.ts';
import type {Run} from '../../run/run.ts';
import {aboutRun} from '../about-run.ts';
import type {App} from '../app.ts';
import {printDocument} from '../print-document.ts';
import {printOutcome} from '../print-outcome.ts';
import {printProblemsOf} from '../print-problems.ts';
import {reversalPlanText} from '../reversal-plan.ts';
import {withRun} from '../with-run.ts';

interface Reversal {
  readonly run: string | undefined;
  /** A checkpoint; without it, that of an interrupted reversal, or else the start. */
  readonly to: string | undefined;
}

/** Plans a reversal, asks for approval, and reverses. */
export async function reverseRun(
  app: App,
  reversal: Reversal,
  request: Omit<ReopenRequest, 'run'>,
): Promise<ExitCode> {
  const progress = runToReverse(app, reversal.run, request.besides);
  const to = reversal.to ?? progress.reversingTo?.to ?? null;
  const {run: reopened} = progress.run;
  const open = (connection: Partial<ReopenRequest>) =>
    reopenRun({...request, run: reopened, ...connection}, app);
  return aboutRun(app, progress, () =>
    withRun(app, {open}, async (run, {screen}) => {
      const plan = await printReversalPlan(app, run, to);
      const obstacles = obstaclesToReversal(plan);
      if (obstacles.length > 0) {
        printProblemsOf(app, progress, obstacles);
        return pausedExitCode(progress);
      }
      const result = await run.reverse(plan);
      await screen.close();
      printOutcome(app, run, result);
      return run.exitCode(result);
    }),
  );
}

export async function printReversalPlan(
  app: App,
  run: Run,
  to: string | null,
): Promise<ReversePlan> {
  const plan = await run.planReversal(to);
  const planned = {kind: 'reverse-planned', plan, losses: await run.reversalLosses()} as const;
  const forecast = run.forecasts.atRest();
  if (app.json) {
    const next = forecast && nextReversal(forecast, to);
    const times = next ? {forecast: next} : {};
    printDocument(app, 'run-line', {...planned, remarks: run.remarks, ...times});
    return plan;
  }
  app.print(reversalPlanText(app, planned, forecast));
  for (const remark of run.remarks) {
    app.print(remarkText(remark, app));
  }
  return plan;
}
