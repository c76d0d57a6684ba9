import {canonicalJson} from '../../model/canonical.ts';
import type {Item} from '../../model/entry.ts';
import {openedEntries} from '../../model/opening.ts';
import type {EntryProgress, Progress} from '../../model/progress.ts';
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
  const idle = idleEntries(model, progress);
  const reset = resetEntries(model, progress, commands);
  const entries = [...model.entries.values()].map((entry) =>
    entryKey(model, entry, progress.entries.get(entry.id), {
      made: facts.made[entry.id] ?? 0,
      // What is still to be reversed makes a difference while a reversal goes on.
      isReversing: progress.reversingTo !== undefined,
      isIdle: idle.has(entry.id),
      isReset: reset.has(entry.id),
    }),
  );
  const {made: _made, ...systems} = facts;
  return canonicalJson([
    entries,
    systems,
    progress.passedPointOfNoReturn,
    openedEntries(progress).length > 0,
    progress.reversingTo?.to,
    commands.map(commandText),
  ]);
}

function entryKey(
  model: Model,
  entry: ModelEntry,
  progress: EntryProgress | undefined,
  {made, isReversing, isIdle, isReset}: Circumstances,
): unknown {
  const {state, applied = false, before, output} = progress ?? {};
  const isOver = state === 'done' || state === 'skipped';
  if (isReset && !applied && !model.inOutage.has(entry.id)) {
    return 0;
  }
  if (isIdle || !matters(model, entry)) {
    // Done and skipped are the same where nothing was changed and nobody asks for it.
    return [isOver ? 1 : 0, isReversing && applied];
  }
  const over = isOver ? state : 'open';
  return entry.effects.length === 0 && !model.inOutage.has(entry.id)
    ? [over, isReversing && applied, model.read.has(entry.id) && isOver ? output : 0]
    : [over, applied, made, model.read.has(entry.id) && isOver ? output : 0, applied ? before : 0];
}

interface Circumstances {
  readonly made: number;
  readonly isReversing: boolean;
  /** See `idleEntries`. */
  readonly isIdle: boolean;
  /** See `resetEntries`. */
  readonly isReset: boolean;
}

/**
 * Entries whose skip leads nowhere else than that they are done: they change nothing, and what needs them is stopped by
 * an earlier skip, or changes nothing and is needed by nothing else. Every reversal that takes the earlier skip back
 * takes theirs back too, and what can happen after theirs can happen before it.
 */
function idleEntries(model: Model, {entries: progress}: Progress): ReadonlySet<string> {
  const stopped = new Set<string>();
  const idle = new Set<string>();
  for (const {id} of model.entries.values()) {
    if (isIdle(model, id, stopped)) {
      idle.add(id);
    }
    if (progress.get(id)?.state === 'skipped') {
      addStopped(model, progress, id, stopped);
    }
  }
  return idle;
}

function isIdle(model: Model, id: string, stopped: ReadonlySet<string>): boolean {
  const {effects, kind} = model.entries.get(id) ?? {effects: [], kind: 'gate'};
  // What a gate has proven is among the facts.
  const changes = (kind !== 'gate' && effects.length > 0) || kind === 'one-way';
  return (
    !changes &&
    !model.inOutage.has(id) &&
    !model.read.has(id) &&
    stopped.size > 0 &&
    (model.users.get(id) ?? []).every((user) => stopped.has(user) || isIdle(model, user, stopped))
  );
}

/** Adds the entries that cannot be done any more. */
function addStopped(
  model: Model,
  progress: Progress['entries'],
  id: string,
  stopped: Set<string>,
): void {
  for (const user of model.users.get(id) ?? []) {
    if (!stopped.has(user) && progress.get(user)?.state !== 'done') {
      stopped.add(user);
      addStopped(model, progress, user, stopped);
    }
  }
}

/** In a reversal: the entries that will be as if never started, wherever it may still lead. */
function resetEntries(
  {runbook}: Model,
  {reversingTo}: Progress,
  commands: readonly Command[],
): ReadonlySet<string> {
  if (reversingTo === undefined) {
    return new Set();
  }
  const items: readonly Item[] = runbook.items;
  const ends = commands.flatMap((command) => (command.kind === 'reverse' ? [command.to] : []));
  const places = [reversingTo.to, ...ends].map((to) =>
    items.findIndex((item) => item.kind === 'checkpoint' && item.name === to),
  );
  return new Set(
    items
      .slice(Math.max(...places) + 1)
      .flatMap((item) => (item.kind === 'entry' ? [item.id] : [])),
  );
}
