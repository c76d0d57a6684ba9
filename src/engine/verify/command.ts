import {placeText} from '../../model/place.ts';
import {appliedEntries, type Progress} from '../../model/progress.ts';
import type {AnyRunbook} from '../../model/runbook.ts';
import {reachableCheckpoints} from '../reverse-plan.ts';

/** What a person can do with a run at rest. */
export type Command =
  | {readonly kind: 'continue'}
  | {readonly kind: 'reverse'; readonly to: string | null};

export const commandText = (command: Command): string =>
  command.kind === 'continue' ? 'continue' : `reverse to ${placeText(command.to)}`;

/** The commands that are not refused. A run that is done can be reversed; one that is reversed to its start is over. */
export function commandsFor(runbook: AnyRunbook, progress: Progress): readonly Command[] {
  const {outcome, checkpoints, reversingTo} = progress;
  const isOver = outcome === 'done' || (outcome === 'reversed' && checkpoints.length === 0);
  const isReversible = appliedEntries(progress).length > 0 && !(outcome === 'reversed' && isOver);
  const reversals = isReversible
    ? reachableCheckpoints(runbook, progress).map((to) => ({kind: 'reverse', to}) as const)
    : [];
  return [
    ...(isOver ? [] : [{kind: 'continue'} as const]),
    ...reversals.filter(({to}) => reversingTo === undefined || reversingTo.to !== to),
  ];
}
