import {fileURLToPath} from 'node:url';
import {z} from 'zod';
import type {Operator} from '../../engine/operator.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {tellEnd} from '../../run/outcome.ts';
import type {Held} from '../../run/run-session.ts';
import {packageRoot} from '../../version.ts';
import type {App} from '../app.ts';
import {listenToSignals} from '../signals.ts';
import {planAndRun} from './run.ts';

export interface TaskOptions {
  readonly service: string;
  readonly inventory: string;
  readonly container?: string;
  readonly yes: boolean;
}

/** The output of the runbook's one entry. */
const ending = z.object({task: z.string().nullable(), exitCode: z.number().nullable()});
const entry = 'command';

/**
 * Runs a command once through a runbook of its own, as any run: journaled, resumed after a crash, started once.
 * Its log is all that goes to stdout, and its exit code is this program's.
 */
export async function taskCommand(
  app: App,
  command: readonly string[],
  {service, inventory, container, yes}: TaskOptions,
): Promise<ExitCode> {
  const signals = listenToSignals(app.say);
  const talking: App = app.json ? app : {...app, print: app.say};
  try {
    return await planAndRun(
      {
        app: talking,
        runbook: fileURLToPath(new URL('runbooks/run-task.ts', packageRoot)),
        options: {inventory, param: {}, yes},
        params: {command: [...command], ...(container === undefined ? {} : {container})},
        cast: {service},
        how: 'lines',
        answering: onceApproved,
        signals,
      },
      async (held, outcome, show) => {
        await show.close();
        const ended = outcome.kind === 'done' ? endingOf(held) : undefined;
        return ended ? tellExit(talking, held, ended) : tellEnd(talking, held, outcome);
      },
    );
  } finally {
    signals.dispose();
  }
}

/** Who approves the plan of one command has approved that it cannot be undone: it is the only thing in it. */
const onceApproved = (operator: Operator): Operator => ({
  ...operator,
  ask: async (question, signal) =>
    question.about === 'point-of-no-return'
      ? {answer: 'yes', by: 'the approval of the plan'}
      : operator.ask(question, signal),
});

type Ending = z.output<typeof ending>;

function endingOf({context}: Held): Ending | undefined {
  return ending.safeParse(context.record.progress.entries.get(entry)?.output).data;
}

function tellExit(app: App, held: Held, {task, exitCode}: Ending): ExitCode {
  const {run} = held.context.record.progress.run;
  if (app.json) {
    app.print(JSON.stringify({kind: 'task-ended', run, task, exitCode}));
  } else {
    const name = task?.split('/').at(-1) ?? 'a task that ECS no longer shows';
    app.say(`exit code ${exitCode ?? 'unknown'}, task ${name}, run ${run}`);
  }
  // The exit codes of commands are not ours to choose.
  return (exitCode ?? exitCodes.halfWay) as ExitCode;
}
