import {clockUtc, durationText} from '../model/duration.ts';
import type {Item} from '../model/entry.ts';
import type {Hint} from '../model/hint.ts';
import {placeText} from '../model/place.ts';
import type {Problem} from '../model/problem.ts';
import type {ProcessStop} from '../model/progress.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import {didYouMean, namesNear} from '../model/suggestion.ts';
import type {Difference} from '../model/verdict.ts';

export const checkFailed = (entry: string, cause: string): Problem => ({
  code: 'check-failed',
  message: `${entry} could not be checked: ${cause}.`,
  hint: 'Fix the cause above, then repeat the command.',
});

export const actionFailed = (
  entry: string,
  target: string,
  does: string,
  cause: string,
): Problem => ({
  code: 'action-failed',
  message: `${entry} failed at "${does}" on ${target}: ${cause}.`,
  hint: 'Fix the cause above, then try again: it is safe to perform an action twice.',
});

export const actionTimedOut = (
  entry: string,
  target: string,
  does: string,
  ms: number,
  last?: Problem,
): Problem => ({
  code: 'action-timeout',
  message: `${entry} was still at "${does}" on ${target} after ${seconds(ms)}.${last ? ` ${last.message}` : ''}`,
  hint: 'Check that system, then try again: it is safe to perform an action twice.',
});

export const entryBlocked = (reason: string, hint: Hint): Problem => ({
  code: 'entry-blocked',
  message: reason,
  hint,
});

export const entryTimedOut = (entry: string, gate: boolean, ms: number, says: string): Problem => ({
  code: gate ? 'gate-timeout' : 'step-timeout',
  message: `${entry} was not done after ${seconds(ms)}: ${unended(says)}.`,
  hint: 'Try again to keep waiting. For the next run, set a longer timeoutMs in the runbook.',
});

export const stepIneffective = (entry: string, differences: readonly Difference[]): Problem => ({
  code: 'step-ineffective',
  message: `${entry} performed its actions, but they had no effect: ${differencesText(differences)}.`,
  hint: 'Check whether somebody or something else changes the same system, then try again.',
});

export const upkeepIneffective = (entry: string, what: string): Problem => ({
  code: 'upkeep-ineffective',
  message: `${entry} was made again, but without effect: ${what.replace(/\.$/, '')}.`,
  hint: 'Check whether somebody or something else changes the same system, then try again.',
});

export const inputUnavailable = (entry: string, needs: string): Problem => ({
  code: 'input-unavailable',
  message: `${entry} needs the output of ${needs}, but ${needs} was not done.`,
  hint: `Do ${needs} first, or reverse to a checkpoint before it.`,
});

export const unitResultInvalid = (unit: string, part: string, what: string): Problem => ({
  code: 'unit-result-invalid',
  message: `${part} of ${unit} returned ${what}.`,
  hint: 'Fix the step. "tsc --noEmit" finds such mistakes while you write it.',
});

export const inputInvalid = (entry: string, details: string): Problem => ({
  code: 'input-invalid',
  message: `The input of ${entry} is not valid: ${details}`,
  hint: 'Fix the runbook, or its parameters in the inventory.',
});

export const declined = (entry: string, by: string): Problem => ({
  code: 'declined',
  message: `${by} answered no at ${entry}, so the run is paused.`,
  hint: {text: 'Continue with', command: 'resume'},
});

export const answerRequired = (entry: string, by: string): Problem => ({
  code: 'answer-required',
  message:
    by === 'nobody'
      ? `${entry} needs an answer, and there is no terminal.`
      : `${entry} needs an answer, and ${by} gave none.`,
  hint: {text: 'Answer it at a terminal', command: 'resume'},
});

export const runStopped = (by: string): Problem => ({
  code: 'run-stopped',
  message: `The run was stopped by ${by}, and is paused between two actions.`,
  hint: {text: 'Continue with', command: 'resume'},
});

export const skipRefused = (entry: string, because: string): Problem => ({
  code: 'skip-refused',
  message: `${entry} cannot be skipped: ${because}`,
  hint: {text: 'Fix the cause of the failure, or reverse. Continue with', command: 'resume'},
});

export const reversalLosesWrites = (to: string | null, cause: string): Problem => ({
  code: 'reversal-loses-writes',
  message: `A reversal to ${placeText(to)} would lose what the new side has written, so it was not started without a person. What failed before: ${cause}`,
  hint: {
    text: 'Fix the cause of the failure. Or type reverse, which shows what would be lost and asks. Continue with',
    command: 'resume',
  },
});

export const decideByPassed = (entry: string, decideBy: Date): Problem => ({
  code: 'decide-by-passed',
  message: `The cutover was not accepted by ${decideBy.toISOString()}: ${entry} is not done yet.`,
  hint: {text: 'Reverse now, or allow more time with', command: 'resume --decide-by TIME'},
});

export const processStopped = (entry: string, {ms, byClock}: ProcessStop): Problem => ({
  code: 'process-stopped',
  message: byClock
    ? `The clock of this machine jumped by ${seconds(ms)} during the outage, before ${entry} was done: the machine may have been paused.`
    : `This process did not run for ${seconds(ms)} during the outage, before ${entry} was done.`,
  hint: 'Retry to continue: the changes in place are checked first. Or reverse to end the outage.',
});

export const outageNotInPlace = (entry: string, differences: readonly Difference[]): Problem => ({
  code: 'outage-not-in-place',
  message: `The outage is not over, but ${entry} is no longer in place: ${differencesText(differences)}.`,
  hint: 'Somebody may have written since. Reverse to the checkpoint before the outage, and start the cutover again.',
});

/** `isLossless`: the run is reversed by itself. */
export const outageTooLong = (limitMs: number, isLossless: boolean): Problem => ({
  code: 'outage-too-long',
  message: `The outage has exceeded its limit of ${durationText(limitMs)}.${isLossless ? '' : ' The new side may have writes of its own, so the run does not reverse by itself.'}`,
  hint: {text: 'Allow a longer outage with', command: 'resume --max-outage 30m'},
});

export const runStoppedInAction = (by: string, entry: string, does: string): Problem => ({
  code: 'run-stopped-in-action',
  message: `The run was stopped by ${by}, and the outcome of "${does}" at ${entry} is unknown.`,
  hint: {text: 'Check the targets and continue with', command: 'resume'},
});

export const reversalStopped = (by: string, entry: string): Problem => ({
  code: 'run-stopped',
  message: `The reversal was stopped by ${by} before ${entry}, and is paused between two entries.`,
  hint: {text: 'Continue with', command: 'resume'},
});

export const reversalStoppedInAction = (by: string, entry: string): Problem => ({
  code: 'run-stopped-in-action',
  message: `The reversal was stopped by ${by} during ${entry}, which is partly reversed.`,
  hint: {text: 'Check the targets and continue with', command: 'resume'},
});

export const checkStopped = (by: string): Problem => ({
  code: 'run-stopped',
  message: `The checks were stopped by ${by}.`,
  hint: 'Nothing was changed. Repeat the command when you are ready.',
});

export const planChanged = (
  approved: string,
  now: string,
  changes: readonly string[],
): Problem => ({
  code: 'plan-changed',
  message: `The plan is ${now} now; ${approved} was approved${changes.length > 0 ? `. ${changes.join('. ')}` : ''}.`,
  hint: 'Read the new plan, and approve it if it is right.',
});

export const pointOfNoReturnPassed = (run: string, because: string): Problem => ({
  code: 'past-point-of-no-return',
  message: `${run} has passed its point of no return: ${because}`,
  hint: 'A reversal from here would lose data. Continue forward, or plan a new migration back.',
});

export const irreversibleStepApplied = (entry: string, to: string, because: string): Problem => ({
  code: 'irreversible-step-applied',
  message: `${entry} was applied after ${to}, and cannot be reversed: ${because}`,
  hint: 'Reverse to a later checkpoint, or continue forward.',
});

export const unknownCheckpoint = (name: string, known: readonly string[]): Problem => ({
  code: 'unknown-checkpoint',
  message: `${name} is not a checkpoint that this run has reached${known.length > 0 ? `; it has reached ${known.join(', ')}` : ''}.`,
  hint:
    known.length > 0
      ? `${didYouMean(namesNear(name, known))}Name one of these. Without --to, the whole run is reversed.`
      : 'No checkpoint was reached. Leave out --to to reverse the whole run.',
});

export const alreadyReversedPast = (to: string, entry: string): Problem => ({
  code: 'already-reversed-past',
  message: `The reversal in progress is already past ${to}: ${entry}, which comes before it, is reversed or partly reversed.`,
  hint: {text: 'Continue the reversal with', command: 'resume'},
});

export const unknownEntry = (name: string, {head, items}: AnyRunbook): Problem => ({
  code: 'unknown-entry',
  message: `${name} is neither a checkpoint nor an entry of ${head.name}; its checkpoints are ${checkpointsOf(items)}.`,
  hint: `${didYouMean(namesNear(name, placesOf(items)))}Name a checkpoint or an entry, or leave it out to run to the end.`,
});

const placesOf = (items: readonly Item[]): readonly string[] =>
  items.flatMap((item) =>
    item.kind === 'entry' ? [item.id] : item.kind === 'checkpoint' ? [item.name] : [],
  );

export const nothingToReverse = (run: string): Problem => ({
  code: 'nothing-to-reverse',
  message: `${run} has no changes in place.`,
  hint: {text: 'To reverse an earlier run, give its name. List the runs with', command: 'runs'},
});

export const runFinished = (run: string, outcome: string): Problem => ({
  code: 'run-finished',
  message: `${run} is ${outcome}; there is nothing to resume.`,
  hint: {text: 'Start a new one with', command: 'run'},
});

export const runbookChanged = (run: string, changes: readonly string[]): Problem => ({
  code: 'runbook-changed',
  message: `The runbook, its steps or the inventory changed since ${run} started: ${changes.join('; ')}.`,
  hint: 'Read the changes. To continue with them, repeat the command with --accept-changes.',
});

export const driftDetected = (entry: string, left: string, was: string): Problem => ({
  code: 'drift-detected',
  message: `${entry} is neither as this run left it nor as it was before: it is ${left}; before the run it was ${was}.`,
  hint: 'Somebody else changed it since. Agree with them on the right state, restore it by hand, then reverse again.',
});

/** What could not be put back at once, and ends by itself. */
export const endsItself = (problem: Problem, what: string, latest: Date): Problem => ({
  ...problem,
  message: `${problem.message} ${what} by itself, at ${clockUtc(latest)} UTC at the latest.`,
});

export const reversalIneffective = (entry: string, is: string, was: string): Problem => ({
  code: 'reversal-ineffective',
  message: `${entry} was reversed, but is not as it was before: it is ${unended(is)}; before the run it was ${was}.`,
  hint: {text: 'Check that system, restore it by hand, then continue with', command: 'reverse'},
});

const differencesText = (differences: readonly Difference[]): string =>
  differences.length === 0
    ? 'its check still reports work, and its plan has no actions'
    : differences.map(({what, is, shouldBe}) => `${what} is ${is}, not ${shouldBe}`).join('; ');

const checkpointsOf = (items: readonly Item[]): string =>
  items.flatMap((item) => (item.kind === 'checkpoint' ? [item.name] : [])).join(', ') || 'none';

/** What a gate says is a sentence of its own; here it is the end of another. */
const unended = (says: string): string => says.replace(/\.$/, '');

const seconds = (ms: number): string =>
  ms < 10_000 ? `${ms / 1_000} s` : `${Math.round(ms / 1_000)} s`;

export const runChangedElsewhere = (run: string): Problem => ({
  code: 'run-changed-elsewhere',
  message: `Somebody else continued ${run} after this plan was made.`,
  hint: {text: 'Show its state with', command: 'status'},
});

export const dependencySkipped = (entry: string, needs: readonly string[]): Problem => ({
  code: 'dependency-skipped',
  message: `${entry} comes after ${needs.join(' and ')}, but ${needs.length === 1 ? 'that was' : 'those were'} not done.`,
  hint: `Reverse to a checkpoint before ${needs[0]} and run it, or remove "after" from the runbook if it is not needed.`,
});
