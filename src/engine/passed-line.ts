import type {Entry} from '../model/entry.ts';
import type {PlanLine} from '../model/plan.ts';
import type {EntryProgress, Progress} from '../model/progress.ts';
import type {World} from './context.ts';
import {problemOfCheck, refuseIfStopped} from './look.ts';
import {hasOutageBegun, oldEvidenceLine} from './old-evidence.ts';
import {blockedLine} from './plan-lines.ts';
import {entryBlocked} from './problems.ts';
import {actionsFrom} from './unit-results.ts';
import {lookAtUpkeep} from './upkeep.ts';
import type {UpkeepDue} from './upkeep-due.ts';

/** The plan of a run that began before. */
export interface Resuming {
  readonly world: World;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

interface Passed {
  readonly entry: Entry;
  readonly state: EntryProgress;
  readonly due: readonly UpkeepDue[];
}

/**
 * The line of an entry that is done or skipped: whether what it proved still counts, what it changed is still in
 * place, and what makes it so again.
 */
export async function passedLine(
  base: PlanLine,
  {entry, state, due}: Passed,
  resuming: Resuming,
): Promise<PlanLine> {
  const {world, progress} = resuming;
  const line = {...base, evidence: 'journaled', outlook: outlookOf(state)} as const;
  const old = hasOutageBegun(world.runbook, progress)
    ? null
    : oldEvidenceLine(line, entry, {state, now: world.clock.now()});
  if (old || due.length === 0) {
    return old ?? line;
  }
  let result: PlanLine = {...line, evidence: 'checked'};
  for (const upkeep of due) {
    result = await withUpkeep(result, upkeep, resuming);
    if (result.outlook === 'blocked') {
      return result;
    }
  }
  return result;
}

const outlookOf = ({state, applied}: EntryProgress) =>
  state === 'skipped' ? 'skipped' : applied ? 'applied' : 'already-in-place';

async function withUpkeep(
  line: PlanLine,
  due: UpkeepDue,
  {world, progress, signal}: Resuming,
): Promise<PlanLine> {
  const {entry, upkeep} = due;
  try {
    const {look, verdict} = await lookAtUpkeep(world, progress, due, signal);
    switch (verdict.kind) {
      case 'holds':
        return remarked(line, verdict.remarks ?? []);
      case 'blocked':
        return blockedLine(line, entryBlocked(verdict.reason, verdict.hint));
      case 'lapsed': {
        const actions = actionsFrom(entry, 'restore', await upkeep.restore(look));
        const planned = actions.map(({on, does}) => ({target: entry.on[on] ?? on, does}));
        return {
          ...remarked(line, [`${entry.id} is no longer in place, ${verdict.since}.`]),
          outlook: 'change',
          differences: [...line.differences, ...verdict.differences],
          actions: [...line.actions, ...planned],
        };
      }
    }
  } catch (error) {
    refuseIfStopped(signal);
    return blockedLine(line, problemOfCheck(entry.id, error));
  }
}

const remarked = (line: PlanLine, remarks: readonly string[]): PlanLine =>
  remarks.length === 0 ? line : {...line, remarks: [...(line.remarks ?? []), ...remarks]};
