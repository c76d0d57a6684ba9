import type {Problem} from '../../../src/index.ts';

interface FailedCommand {
  /** `php artisan check in task 1a2b3c4d of the service web of cluster shop`. */
  readonly what: string;
  /** Nothing where its container never started. */
  readonly exitCode: number | undefined;
  readonly why: string;
  readonly lastLines: readonly string[];
}

export const taskFailed = ({what, exitCode, why, lastLines}: FailedCommand): Problem => ({
  code: 'ecs-task-failed',
  message: `${exitCode === undefined ? `${what} did not run` : `${what} ended with exit code ${exitCode}`}: ${why}.${lastLines.length > 0 ? ` Its last lines: ${lastLines.join(' | ')}` : ''}`,
  hint: 'Fix the cause, then try again: the command is run again, in a new task.',
});

export const taskNotShown = (what: string): Problem => ({
  code: 'ecs-task-not-shown',
  message: `ECS accepted ${what}, and does not show its task.`,
  hint: 'Try again: a task that was started is used, and no second one is started beside it.',
});
