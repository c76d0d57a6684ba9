import type {Problem} from '../model/problem.ts';
import {awakeMs} from './clock.ts';
import type {RunContext} from './context.ts';
import {problemOfCheck} from './look.ts';
import {performAll} from './perform.ts';
import {waitsOf} from './poll.ts';
import {entryBlocked, runStopped, upkeepIneffective} from './problems.ts';
import {actionsFrom} from './unit-results.ts';
import {lapseText, lookAtUpkeep, type UpkeepLook} from './upkeep.ts';
import {type UpkeepDue, upkeepDue} from './upkeep-due.ts';

/**
 * Looks at changes in place that later entries rely on, and makes again what has ended from outside. A problem, where
 * that is not possible, or not enough.
 */
export async function uphold(
  context: RunContext,
  isMeant: (due: UpkeepDue) => boolean = () => true,
): Promise<Problem | undefined> {
  for (const due of upkeepDue(context, context.record.progress).filter(isMeant)) {
    const problem = await upholdOne(context, due);
    if (problem) {
      return problem;
    }
  }
  return undefined;
}

/** A process that stood still looks again before it acts. */
async function upholdOne(context: RunContext, due: UpkeepDue): Promise<Problem | undefined> {
  const {id, timeoutMs} = due.entry;
  const deadline = awakeMs(context.clock) + timeoutMs;
  for (const waits = waitsOf(due.entry), state = {performed: false}; ; ) {
    const stoppedMs = context.clock.stoppedMs();
    const look = await lookWhenReachable(context, due);
    if ('problem' in look) {
      return look.problem;
    }
    const {verdict} = look;
    if (verdict.kind === 'blocked') {
      return entryBlocked(verdict.reason, verdict.hint);
    }
    if (verdict.kind === 'holds') {
      upheld(context, id);
      return undefined;
    }
    if (state.performed && awakeMs(context.clock) >= deadline) {
      return upkeepIneffective(id, lapseText(verdict));
    }
    if (state.performed) {
      await context.clock.sleep(waits.next().value, context.stopping);
      continue;
    }
    const {differences, since} = verdict;
    context.record.add({kind: 'entry-lapsed', entry: id, differences: [...differences], since});
    const performed = await makeAgain(context, due, look, {deadline, stoppedMs});
    if (performed.kind === 'failed') {
      return performed.problem;
    }
    state.performed = performed.kind === 'performed';
  }
}

/** Also where an earlier process made it again and did not come to journal that. */
function upheld({record}: RunContext, entry: string): void {
  if (record.progress.entries.get(entry)?.lapsed) {
    record.add({kind: 'entry-upheld', entry});
  }
}

/** A server that has just restarted may refuse the first looks. */
async function lookWhenReachable(
  context: RunContext,
  due: UpkeepDue,
): Promise<UpkeepLook | {readonly problem: Problem}> {
  const {record, clock, stopping} = context;
  const {id} = due.entry;
  for (let failed = 1; ; failed += 1) {
    if (stopping.aborted) {
      return {problem: runStopped(String(stopping.reason))};
    }
    try {
      return await lookAtUpkeep(context, record.progress, due, stopping);
    } catch (error) {
      const problem = problemOfCheck(id, error);
      if (failed === looksThatMayFail) {
        return {problem};
      }
      context.observe({kind: 'progress', entry: id, text: problem.message});
      await clock.sleep(betweenLooksMs, stopping);
    }
  }
}

const looksThatMayFail = 5;
const betweenLooksMs = 1_000;

async function makeAgain(
  context: RunContext,
  {entry, upkeep}: UpkeepDue,
  {look}: UpkeepLook,
  limits: {readonly deadline: number; readonly stoppedMs: number},
) {
  try {
    const actions = actionsFrom(entry, 'restore', await upkeep.restore(look));
    return await performAll(context, actions, {entry, way: 'upkeep', ...limits});
  } catch (error) {
    return {kind: 'failed', problem: problemOfCheck(entry.id, error)} as const;
  }
}
