import {ListrTaskState} from 'listr2';
import type {JournalEntry} from '../../model/journal.ts';
import {elapsedMs} from '../../model/moment.ts';
import type {EntryProgress, EntryState} from '../../model/progress.ts';
import {stateSigns} from '../../report/labels.ts';
import {factsOf, type RunTask} from './renderer.ts';
import {withDetail} from './task-output.ts';

const taskStates: Readonly<Record<EntryState, ListrTaskState>> = {
  'not-started': ListrTaskState.WAITING,
  checking: ListrTaskState.STARTED,
  applying: ListrTaskState.STARTED,
  done: ListrTaskState.COMPLETED,
  skipped: ListrTaskState.SKIPPED,
  failed: ListrTaskState.FAILED,
  reversing: ListrTaskState.ROLLING_BACK,
  reversed: ListrTaskState.ROLLED_BACK,
  'reverse-failed': ListrTaskState.FAILED,
};

/** Sets the state and the messages of an entry's task to how far the entry is. */
export function updateState(task: RunTask, entry: EntryProgress): void {
  const facts = factsOf(task);
  const state = taskStates[entry.state];
  if (task.state !== state) {
    task.state$ = state;
  }
  facts.sign = stateSigns[entry.state];
  facts.startedAt = entry.startedAt;
  facts.doneAt = entry.doneAt;
  // Replaced and not merged: a task that is started again has no error and no duration.
  task.message = {
    ...(task.hasFailed() && entry.problem ? {error: entry.problem.message} : {}),
    ...(task.hasFinalized() && !task.hasFailed() ? durationOf(task) : {}),
  };
}

function durationOf(task: RunTask): {duration?: number} {
  const {attemptAt, doneAt} = factsOf(task);
  return attemptAt && doneAt ? {duration: elapsedMs(attemptAt, doneAt)} : {};
}

/** Sets what the task puts out. An attempt starts and ends with nothing. */
export function updateOutput(task: RunTask, fact: JournalEntry): void {
  switch (fact.kind) {
    case 'entry-started':
    case 'entry-reversing':
      factsOf(task).attemptAt = new Date(fact.atUtc);
      task.output$ = '';
      break;
    case 'action-intended':
      task.output$ = withDetail(task.output, `on ${fact.target}: ${fact.does}`);
      break;
    case 'entry-done':
    case 'entry-failed':
    case 'entry-skipped':
    case 'entry-reversed':
    case 'reverse-failed':
      task.output$ = '';
      break;
  }
}
