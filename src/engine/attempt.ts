import type {Entry} from '../model/entry.ts';
import type {Problem} from '../model/problem.ts';
import type {EntryProgress} from '../model/progress.ts';
import type {Action} from '../model/step.ts';
import {awakeMs} from './clock.ts';
import type {RunContext} from './context.ts';
import {type CheckResult, checkEntry, problemOfCheck, withinReadingLimit} from './look.ts';
import {runStopped} from './problems.ts';
import {actionsFrom} from './unit-results.ts';

/** How often a look that could not be taken is tried again before the entry fails. */
const checksThatMayFail = 5;

/** What this process has done at an entry since it began to work on it. */
export interface Attempt {
  readonly entry: Entry;
  readonly input: unknown;
  /** When its time began to run: its first look, then its first action. */
  since: number;
  acted: boolean;
  /** Nothing was waited for since: a world that is still as before may need a moment. */
  justActed: boolean;
  /** What the last action returned, until something was looked at. */
  seen?: unknown;
  /** An action that failed; a look decides whether it took all the same. */
  failure?: Problem;
  failedLooks?: number;
  /** `stoppedMs` of the clock before the last check. */
  stoppedMs: number;
}

export async function check(
  context: RunContext,
  attempt: Attempt,
): Promise<CheckResult | LostCheck> {
  const {entry, input} = attempt;
  const progress = entryProgress(context, entry);
  try {
    const request = {
      entry,
      input,
      started: progress?.applied ?? false,
      startedAt: progress?.applied ? progress.appliedAt : undefined,
      before: progress?.applied ? progress.before : undefined,
      bookmark: progress?.bookmark,
      word: progress?.word,
      seen: attempt.seen,
      report: (text: string) => context.observe({kind: 'event', entry: entry.id, text}),
    };
    attempt.seen = undefined;
    prepareTargets(context, entry);
    const result = await checkEntry(context, request, context.stopping);
    attempt.failedLooks = 0;
    return result;
  } catch (error) {
    return checkLost(context, attempt)(error);
  }
}

/**
 * Beside a look: what is to be written finds its connection open, also in the entries that follow, where people may be
 * waiting. A failure shows at the write.
 */
function prepareTargets(context: RunContext, entry: Entry): void {
  const {entries} = context.runbook;
  const at = entries.findIndex(({id}) => id === entry.id);
  const near = [entry, ...entries.slice(at + 1, at + 1 + preparedAhead)];
  for (const target of new Set(near.flatMap(({on}) => Object.values(on)))) {
    void context.targets
      .session(target)
      .then((session) => session.prepare?.(context.stopping))
      .catch(() => {});
  }
}

const preparedAhead = 1;

interface LostCheck {
  readonly problem: Problem;
  readonly again: boolean;
}

export const checkLost =
  (context: RunContext, attempt: Attempt) =>
  (error: unknown): LostCheck => {
    // A stop in the middle of a look is no failure: the next turn holds.
    if (context.stopping.aborted) {
      return {problem: runStopped(String(context.stopping.reason)), again: true};
    }
    const {entry} = attempt;
    const problem = problemOfCheck(entry.id, error);
    attempt.failedLooks = (attempt.failedLooks ?? 0) + 1;
    context.observe({kind: 'progress', entry: entry.id, text: problem.message});
    const isOver = awakeMs(context.clock) - attempt.since >= entry.timeoutMs;
    return {problem, again: attempt.failedLooks < checksThatMayFail && !isOver};
  };

/** A plan looks too. */
export const planOf = (
  context: RunContext,
  entry: Entry,
  look: CheckResult['look'],
  before: unknown,
): Promise<readonly Action<any>[]> => {
  const reading = {world: context, entry: entry.id, signal: context.stopping};
  return withinReadingLimit(reading, async (signal, stillReading) => {
    const {unit} = entry;
    const planned =
      unit.kind === 'gate' ? [] : unit.plan({...look, signal, stillReading}, before as never); // its own schema read it
    return actionsFrom(entry, 'plan', await planned);
  });
};

export const entryProgress = (context: RunContext, entry: Entry): EntryProgress | undefined =>
  context.record.progress.entries.get(entry.id);
