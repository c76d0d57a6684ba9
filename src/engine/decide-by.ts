import {isOpenedByPerson} from '../model/approve.ts';
import type {Entry, Item} from '../model/entry.ts';
import {outageSpan} from '../model/outage-span.ts';
import type {Problem} from '../model/problem.ts';
import type {Progress} from '../model/progress.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import type {RunContext} from './context.ts';
import {decideByPassed} from './problems.ts';

/** After the time that was set for it, nothing starts or waits any more until somebody has decided. */
export function decideByProblem(
  {record: {progress}, runbook, clock}: Pick<RunContext, 'record' | 'runbook' | 'clock'>,
  entry: Entry,
): Problem | undefined {
  const {decideBy} = progress;
  return decideBy && clock.now() > decideBy && !isAccepted(runbook, progress)
    ? decideByPassed(entry.id, decideBy)
    : undefined;
}

/**
 * Accepted: the last confirmation or approval from the outage on and before the point of no return is done; without
 * one, everything before it is done. What people have agreed to before the outage is only its beginning.
 */
function isAccepted(runbook: AnyRunbook, progress: Progress): boolean {
  const items: readonly Item[] = runbook.items;
  const barrier = items.findIndex(({kind}) => kind === 'point-of-no-return');
  const before = items
    .slice(0, barrier < 0 ? items.length : barrier)
    .filter((item): item is Entry => item.kind === 'entry');
  const span = runbook.head.outage && outageSpan(runbook.head.outage, runbook.entries);
  const begins = before.findIndex(({id}) => id === span?.begins);
  const last =
    before.findLast(({unit}, place) => isOpenedByPerson(unit) && place > begins) ?? before.at(-1);
  return last === undefined || progress.entries.get(last.id)?.state === 'done';
}
