import {ListrTaskState} from 'listr2';
import {elapsedMs} from '../../model/moment.ts';
import {counted, type Sign, stateSigns} from '../../report/labels.ts';
import {factsOf, type RunTask} from './renderer.ts';

/** Sets the state, the sign, the duration and the output of a phase's task to what its entries amount to. */
export function updatePhase(phase: RunTask): void {
  const {subtasks: entries} = phase;
  const states = new Set(entries.map(({state}) => state));
  const isOver = [...states].every((state) => over.has(state));
  factsOf(phase).sign = phaseSign(states, isOver, countSigns(entries));
  phase.state$ = isOver ? ListrTaskState.COMPLETED : unfinishedState(states);
  phase.message = isOver ? durationOf(entries) : {};
  phase.output$ = tallyText(entries);
}

const over: ReadonlySet<ListrTaskState> = new Set([
  ListrTaskState.COMPLETED,
  ListrTaskState.SKIPPED,
]);

/** "3 entries: 2 done, 1 applying". */
export function tallyText(entries: readonly RunTask[]): string {
  const parts = [...countSigns(entries)].map(([{word}, count]) => `${count} ${word}`);
  return `${counted(entries.length, 'entry', 'entries')}: ${parts.join(', ')}`;
}

function countSigns(entries: readonly RunTask[]): ReadonlyMap<Sign, number> {
  const counts = new Map<Sign, number>();
  for (const entry of entries) {
    const {sign} = factsOf(entry);
    counts.set(sign, (counts.get(sign) ?? 0) + 1);
  }
  return counts;
}

function phaseSign(
  states: ReadonlySet<ListrTaskState>,
  isOver: boolean,
  signs: ReadonlyMap<Sign, number>,
): Sign {
  const [sign, ...others] = signs.keys();
  if (sign && others.length === 0) {
    return sign;
  }
  if (states.has(ListrTaskState.FAILED)) {
    return stateSigns.failed;
  }
  return isOver ? stateSigns.done : stateSigns.applying;
}

/** Never failed: if a phase fails, listr2 makes its entries that still run fail as well. */
function unfinishedState(states: ReadonlySet<ListrTaskState>): ListrTaskState {
  const [state] = states;
  const isFailed = states.has(ListrTaskState.FAILED);
  return state && states.size === 1 && !isFailed ? state : ListrTaskState.STARTED;
}

/** From the first start to the last end. */
function durationOf(entries: readonly RunTask[]): {duration?: number} {
  const facts = entries.map(factsOf);
  const [first] = facts.flatMap(({startedAt}) => startedAt ?? []).sort((a, b) => +a - +b);
  const last = facts
    .flatMap(({doneAt}) => doneAt ?? [])
    .sort((a, b) => +a - +b)
    .at(-1);
  return first && last ? {duration: elapsedMs(first, last)} : {};
}
