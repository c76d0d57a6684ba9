import type {Entry} from '../model/entry.ts';
import type {Problem} from '../model/problem.ts';
import {awakeMs} from './clock.ts';
import type {RunContext} from './context.ts';
import {inputOf, knownOutputs} from './known-values.ts';
import {checkEntry, problemOfCheck} from './look.ts';
import {waitsOf} from './poll.ts';
import {entryTimedOut, runStopped} from './problems.ts';
import {gatesBefore} from './question-gates.ts';

/** Waits, within each gate's own limit, until all of them are open. */
export async function precedingGatesOpen(
  context: RunContext,
  entry: Entry,
): Promise<Problem | undefined> {
  for (const gate of gatesBefore(context.runbook.items, entry)) {
    const since = awakeMs(context.clock);
    const waits = waitsOf(gate);
    for (;;) {
      const says = await notOpenBecause(context, gate);
      if (says === undefined) {
        break;
      }
      context.observe({
        kind: 'progress',
        entry: entry.id,
        text: `${gate.id} is no longer open: ${says}`,
      });
      if (context.stopping.aborted) {
        return runStopped(String(context.stopping.reason));
      }
      if (awakeMs(context.clock) - since >= gate.timeoutMs) {
        return entryTimedOut(gate.id, true, gate.timeoutMs, says);
      }
      await context.clock.sleep(waits.next().value, context.stopping);
    }
  }
  return undefined;
}

/** Whether they are still open, with one check each. */
export async function allOpenNow(context: RunContext, entry: Entry): Promise<boolean> {
  for (const gate of gatesBefore(context.runbook.items, entry)) {
    if ((await notOpenBecause(context, gate)) !== undefined) {
      return false;
    }
  }
  return true;
}

async function notOpenBecause(context: RunContext, gate: Entry): Promise<string | undefined> {
  const {progress} = context.record;
  if (progress.entries.get(gate.id)?.state !== 'done') {
    return undefined;
  }
  const input = inputOf(gate, context.params, knownOutputs(progress, context.runbook.entries));
  if (input.kind !== 'known') {
    return undefined;
  }
  try {
    const {verdict} = await checkEntry(
      context,
      {entry: gate, input: input.input, started: false},
      context.stopping,
    );
    switch (verdict.kind) {
      case 'waiting':
        return verdict.progress;
      case 'blocked':
        return verdict.reason;
      default:
        return undefined;
    }
  } catch (error) {
    return problemOfCheck(gate.id, error).message;
  }
}
