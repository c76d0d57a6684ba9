import {canonicalJson} from '../../model/canonical.ts';
import type {EntryProgress} from '../../model/progress.ts';
import {type Command, commandText} from './command.ts';
import {type Model, matters} from './model.ts';
import type {ModelEntry} from './model-units.ts';
import type {State} from './violation.ts';

/**
 * Equal for two states from which the same follows. How an entry came to be as it is does not matter: one that failed,
 * one that a crash left and one that was never started are all to be done, if they left the systems alike.
 */
export function keyOf(
  model: Model,
  {progress, facts}: State,
  commands: readonly Command[],
): string {
  const entries = [...model.entries.values()].map((entry) =>
    entryKey(model, entry, progress.entries.get(entry.id), {
      made: facts.made[entry.id] ?? 0,
      // What is still to be reversed makes a difference while a reversal goes on.
      isReversing: progress.reversingTo !== undefined,
    }),
  );
  const {made: _made, ...systems} = facts;
  return canonicalJson([
    entries,
    systems,
    progress.passedPointOfNoReturn,
    progress.reversingTo?.to,
    commands.map(commandText),
  ]);
}

function entryKey(
  model: Model,
  entry: ModelEntry,
  progress: EntryProgress | undefined,
  {made, isReversing}: {readonly made: number; readonly isReversing: boolean},
): unknown {
  const {state, applied = false, before, output} = progress ?? {};
  const isOver = state === 'done' || state === 'skipped';
  if (!matters(model, entry)) {
    // Done and skipped are the same where nothing was changed and nobody asks for it.
    return [isOver ? 1 : 0, isReversing && applied];
  }
  const over = isOver ? state : 'open';
  return entry.effects.length === 0 && !model.inOutage.has(entry.id)
    ? [over, isReversing && applied, model.read.has(entry.id) && isOver ? output : 0]
    : [over, applied, made, model.read.has(entry.id) && isOver ? output : 0, applied ? before : 0];
}
