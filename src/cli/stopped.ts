import {ChangedError, type Problem, SwitcharooError} from '../model/problem.ts';
import {messageOf} from '../model/thrown.ts';

/** What a command was to do, and the words that repeat it. */
interface Stoppable {
  readonly signal: AbortSignal;
  /** As the end of "… was not": `taken over`. */
  readonly done: string;
  readonly run: string;
  readonly again: string;
}

/** What a signal ends before anything was changed is no error of the program. */
export async function unlessStopped<Result>(
  {signal, ...command}: Stoppable,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    // What it ended later says itself how far it came.
    if (!signal.aborted || error instanceof ChangedError) {
      throw error;
    }
    const problem = commandStopped(command, messageOf(signal.reason));
    throw new SwitcharooError(problem, {cause: error});
  }
}

/** How a signal is announced by a command that ends at once. */
export const endsAtOnce = 'ending the command.';

const commandStopped = ({run, done, again}: Omit<Stoppable, 'signal'>, by: string): Problem => ({
  code: 'command-stopped',
  message: `${run} was not ${done}: ${by} ended the command.`,
  hint: {text: 'Repeat it with', command: again},
});
