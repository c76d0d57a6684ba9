import {hasOutageBegun} from '../engine/old-evidence.ts';
import {elapsedMs} from '../model/moment.ts';
import type {Progress} from '../model/progress.ts';
import type {EvidenceAge} from '../report/index.ts';
import type {Host} from './host.ts';
import {isOver, readableProgress} from './past-runs.ts';

/**
 * What runs of this inventory have proven that counts for a time only, and how long ago. Of runs that are not over, and
 * before their outage: later nothing is proven again.
 */
export function evidenceOf(
  host: Pick<Host, 'state'>,
  inventory: string,
  now: Date,
): readonly EvidenceAge[] {
  return host.state.runs().flatMap((name) => {
    const progress = readableProgress(host, name);
    return progress && isWaiting(progress, inventory) ? agesIn(progress, now) : [];
  });
}

const isWaiting = (progress: Progress, inventory: string): boolean =>
  progress.run.inventory.name === inventory &&
  !progress.run.rehearsal &&
  !isOver(progress) &&
  !isInOutage(progress);

/** By the runbook as its journal has it. */
function isInOutage(progress: Progress): boolean {
  const {entries, ...head} = progress.run.runbook;
  const units = entries.map(({id, unit}) => ({id, unit: {name: unit}}));
  return hasOutageBegun({head, entries: units}, progress);
}

const agesIn = ({run, entries}: Progress, now: Date): readonly EvidenceAge[] =>
  run.runbook.entries.flatMap(({id, unit, freshForMs}) => {
    const {state, doneAt} = entries.get(id) ?? {};
    return freshForMs !== undefined && state === 'done' && doneAt
      ? [{run: run.run, entry: id, unit, ageMs: elapsedMs(doneAt, now), freshForMs}]
      : [];
  });
