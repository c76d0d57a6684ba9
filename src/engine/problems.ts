import type {Item} from '../model/entry.ts';
import type {Problem} from '../model/problem.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import {didYouMean, namesNear} from '../model/suggestion.ts';
import type {Difference} from '../model/verdict.ts';

export const checkFailed = (entry: string, cause: string): Problem => ({
  code: 'check-failed',
  message: `${entry} could not be looked at: ${cause}.`,
  hint: 'Mend what the message names, then look again.',
});

export const actionFailed = (
  entry: string,
  target: string,
  does: string,
  cause: string,
): Problem => ({
  code: 'action-failed',
  message: `${entry} did not get through "${does}" on ${target}: ${cause}.`,
  hint: 'Mend what the message names, then try again: every action may be performed twice.',
});

export const actionTimedOut = (
  entry: string,
  target: string,
  does: string,
  ms: number,
): Problem => ({
  code: 'action-timeout',
  message: `${entry} was still at "${does}" on ${target} after ${seconds(ms)}.`,
  hint: 'Look at that system, then try again: every action may be performed twice.',
});

export const entryBlocked = (reason: string, hint: string): Problem => ({
  code: 'entry-blocked',
  message: reason,
  hint,
});

export const entryTimedOut = (entry: string, gate: boolean, ms: number, says: string): Problem => ({
  code: gate ? 'gate-timeout' : 'step-timeout',
  message: `${entry} was not done after ${seconds(ms)}: ${unended(says)}.`,
  hint: 'Try again to keep waiting. For the next run, a longer timeoutMs in the runbook.',
});

export const stepIneffective = (entry: string, differences: readonly Difference[]): Problem => ({
  code: 'step-ineffective',
  message: `${entry} performed its actions, and the world is not as it should be: ${differencesText(differences)}.`,
  hint: 'Somebody or something else changes the same system. Find out who, then try again.',
});

export const inputUnavailable = (entry: string, needs: string): Problem => ({
  code: 'input-unavailable',
  message: `${entry} needs what ${needs} gives, and ${needs} was not done.`,
  hint: `Do ${needs} first, or reverse to a checkpoint before it.`,
});

export const inputInvalid = (entry: string, details: string): Problem => ({
  code: 'input-invalid',
  message: `The input of ${entry} does not fit: ${details}`,
  hint: 'Mend the runbook, or the parameters in the inventory that it uses.',
});

export const declined = (entry: string, by: string): Problem => ({
  code: 'declined',
  message: `${by} answered no at ${entry}, so the run holds.`,
  hint: 'It goes on from here when you say so: switcharoo resume',
});

export const answerRequired = (entry: string, by: string): Problem => ({
  code: 'answer-required',
  message:
    by === 'nobody'
      ? `${entry} needs an answer, and nobody is there to give one.`
      : `${entry} needs an answer, and ${by} gave none.`,
  hint: 'Answer it at a terminal: switcharoo resume',
});

export const runStopped = (by: string): Problem => ({
  code: 'run-stopped',
  message: `The run was stopped by ${by} and holds between two actions.`,
  hint: 'Go on with: switcharoo resume',
});

export const decideByPassed = (entry: string, decideBy: Date): Problem => ({
  code: 'decide-by-passed',
  message: `The cutover was to be accepted by ${decideBy.toISOString()}; now it is later, and ${entry} is not done.`,
  hint: 'Go back now, or give it more time: switcharoo resume --decide-by TIME',
});

export const runStoppedInAction = (by: string, entry: string, does: string): Problem => ({
  code: 'run-stopped-in-action',
  message: `The run was stopped by ${by}, and whether "${does}" at ${entry} took is not known.`,
  hint: 'Look, and go on, with: switcharoo resume',
});

export const reversalStopped = (by: string, entry: string): Problem => ({
  code: 'run-stopped',
  message: `The reversal was stopped by ${by} before ${entry}, and holds between two entries.`,
  hint: 'Go on with: switcharoo resume',
});

export const reversalStoppedInAction = (by: string, entry: string): Problem => ({
  code: 'run-stopped-in-action',
  message: `The reversal was stopped by ${by} in the middle of ${entry}, which stands half-way.`,
  hint: 'Look, and go on, with: switcharoo resume',
});

export const checkStopped = (by: string): Problem => ({
  code: 'run-stopped',
  message: `The look at the world was stopped by ${by}.`,
  hint: 'Nothing was changed by it. Give the command again when it is time.',
});

export const planChanged = (
  approved: string,
  now: string,
  changes: readonly string[],
): Problem => ({
  code: 'plan-changed',
  message: `The plan is ${now} now; ${approved} was approved${changes.length > 0 ? `. ${changes.join('. ')}` : ''}.`,
  hint: 'Look at the new plan, and approve that one if it is right.',
});

export const pointOfNoReturnPassed = (run: string, because: string): Problem => ({
  code: 'past-point-of-no-return',
  message: `${run} has passed its point of no return: ${because}`,
  hint: 'Going back from here would lose data. Go forward, or make a new plan for the way back.',
});

export const irreversibleStepApplied = (entry: string, to: string, because: string): Problem => ({
  code: 'irreversible-step-applied',
  message: `${entry} stands after ${to} and cannot be reversed: ${because}`,
  hint: 'Go back to a later checkpoint, or go forward.',
});

export const unknownCheckpoint = (wanted: string, known: readonly string[]): Problem => ({
  code: 'unknown-checkpoint',
  message: `${wanted} is not a checkpoint that this run has reached${known.length > 0 ? `; it has reached ${known.join(', ')}` : ''}.`,
  hint:
    known.length > 0
      ? `${didYouMean(namesNear(wanted, known))}Name one that it has reached: without --to it goes back to the very start.`
      : 'There is no place between here and the very start: leave out --to to go back there.',
});

export const alreadyReversedPast = (to: string, entry: string): Problem => ({
  code: 'already-reversed-past',
  message: `The reversal that is under way has gone back further than ${to}: ${entry}, which comes before it, has gone back already or is half-way.`,
  hint: 'Go on with it: switcharoo resume. From where it ends the run can go forward again.',
});

export const unknownEntry = (wanted: string, {head, items}: AnyRunbook): Problem => ({
  code: 'unknown-entry',
  message: `${wanted} is neither a checkpoint nor an entry of ${head.name}; its checkpoints are ${checkpointsOf(items)}.`,
  hint: `${didYouMean(namesNear(wanted, placesOf(items)))}Name a checkpoint or an entry, or leave it out to go on to the end.`,
});

const placesOf = (items: readonly Item[]): readonly string[] =>
  items.flatMap((item) =>
    item.kind === 'entry' ? [item.id] : item.kind === 'checkpoint' ? [item.name] : [],
  );

export const nothingToReverse = (run: string): Problem => ({
  code: 'nothing-to-reverse',
  message: `Nothing that ${run} changed stands there.`,
  hint: 'The world is as it was before, as far as this run is concerned. An earlier one goes back by its name: switcharoo runs',
});

export const runFinished = (run: string, outcome: string): Problem => ({
  code: 'run-finished',
  message: `${run} is ${outcome}; there is nothing to resume.`,
  hint: 'Start a new one with: switcharoo run',
});

export const runbookChanged = (run: string, changes: readonly string[]): Problem => ({
  code: 'runbook-changed',
  message: `The runbook, its steps or the inventory changed since ${run} began: ${changes.join('; ')}.`,
  hint: 'Read the changes. To go on with them, give the same command again with --accept-changes.',
});

export const driftDetected = (entry: string, left: string, was: string): Problem => ({
  code: 'drift-detected',
  message: `${entry} is neither as this run left it nor as it was before: it is ${left}; before the run it was ${was}.`,
  hint: 'Somebody else changed it meanwhile. Decide with them what is right, put it so by hand, then reverse again.',
});

export const reversalIneffective = (entry: string, is: string, was: string): Problem => ({
  code: 'reversal-ineffective',
  message: `${entry} was reversed, and the world is not back: it is ${unended(is)}; before the run it was ${was}.`,
  hint: 'A person is needed: look at that system, put it right by hand, then: switcharoo reverse',
});

export const differencesText = (differences: readonly Difference[]): string =>
  differences.length === 0
    ? 'its check still finds work, and its plan has none'
    : differences.map(({what, is, shouldBe}) => `${what} is ${is}, not ${shouldBe}`).join('; ');

const checkpointsOf = (items: readonly Item[]): string =>
  items.flatMap((item) => (item.kind === 'checkpoint' ? [item.name] : [])).join(', ') || 'none';

/** What a gate says is a sentence of its own; here it is the end of another. */
const unended = (says: string): string => says.replace(/\.$/, '');

const seconds = (ms: number): string =>
  ms < 10_000 ? `${ms / 1_000} s` : `${Math.round(ms / 1_000)} s`;

export const runChangedElsewhere = (run: string): Problem => ({
  code: 'run-changed-elsewhere',
  message: `Somebody else went on with ${run} while this plan was being looked at.`,
  hint: 'Look where it stands now: switcharoo status',
});

export const dependencySkipped = (entry: string, needs: readonly string[]): Problem => ({
  code: 'dependency-skipped',
  message: `${entry} comes after ${needs.join(' and ')}, and ${needs.length === 1 ? 'that was' : 'those were'} not done.`,
  hint: `Reverse to a checkpoint before ${needs[0]} and do it, or take "after" out of the runbook if it is not needed.`,
});
