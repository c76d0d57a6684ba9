import {fileURLToPath} from 'node:url';
import {z} from 'zod';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {openRun, type RunRequest} from '../../run/open-run.ts';
import type {Run} from '../../run/run.ts';
import {packageRoot} from '../../version.ts';
import type {App} from '../app.ts';
import {printDocument} from '../print-document.ts';
import {printOutcome} from '../print-outcome.ts';
import {withRun} from '../with-run.ts';
import {printObstacles, printPlanOf} from './plan.ts';

interface TaskOptions {
  readonly service: string;
  readonly inventory: string;
  readonly container: string | undefined;
  readonly yes: boolean;
  readonly besides: readonly string[];
}

/** The output of the runbook's only entry. */
const taskOutput = z.object({task: z.string().nullable(), exitCode: z.number().nullable()});
const entry = 'command';

/**
 * Runs a command once through a runbook of its own: journaled, resumed after a crash, started once.
 * Only its log goes to stdout, and its exit code is this program's.
 */
export function runTask(
  app: App,
  command: readonly string[],
  {service, inventory, container, yes, besides}: TaskOptions,
): Promise<ExitCode> {
  const quiet: App = app.json ? app : {...app, print: app.say};
  const request: RunRequest = {
    runbook: fileURLToPath(new URL('runbooks/run-task.ts', packageRoot)),
    inventory,
    params: {command: [...command], ...(container === undefined ? {} : {container})},
    targets: {service},
    yes,
    besides,
    // The command is all that the plan holds: approving the plan approves that it cannot be reversed.
    planCoversNoReturn: true,
  };
  const open = (connection: Partial<RunRequest>) => openRun({...request, ...connection}, app);
  return withRun(quiet, {open, how: 'lines', compares: true}, async (run, {screen}) => {
    const plan = await printPlanOf(quiet, run);
    if (printObstacles(quiet, plan)) {
      return exitCodes.blocked;
    }
    const result = await run.forward(plan);
    await screen.close();
    const output = result.kind === 'done' ? outputOf(run) : undefined;
    if (output) {
      return printExit(quiet, run, output);
    }
    printOutcome(quiet, run, result);
    return run.exitCode(result);
  });
}

type TaskOutput = z.output<typeof taskOutput>;

const outputOf = ({progress}: Run): TaskOutput | undefined =>
  taskOutput.safeParse(progress?.entries.get(entry)?.output).data;

function printExit(app: App, {name: run}: Run, {task, exitCode}: TaskOutput): ExitCode {
  if (app.json) {
    const next = [app.paste(`report ${run}`)];
    printDocument(app, 'task-ended', {kind: 'task-ended', run, task, exitCode, next});
  } else {
    const name = task?.split('/').at(-1) ?? 'a task that ECS no longer shows';
    app.say(`exit code ${exitCode ?? 'unknown'}, task ${name}, run ${run}`);
  }
  // A command may end with any exit code.
  return (exitCode ?? exitCodes.halfWay) as ExitCode;
}
