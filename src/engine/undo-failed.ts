import type {Entry} from '../model/entry.ts';
import {shifted} from '../model/moment.ts';
import type {Problem} from '../model/problem.ts';
import type {RunContext} from './context.ts';
import {untilArrived} from './cut-off.ts';
import {inputOf, knownOutputs} from './known-values.ts';
import {endsItself} from './problems.ts';
import {ReversalPlans} from './reversal-plans.ts';
import {afterRestore, type EntryReversal, restore, reverseEntry} from './reverse.ts';

/** `left`: it is not put back, and ends by itself. */
type Undoing = EntryReversal | {readonly kind: 'left'; readonly problem: Problem};

/**
 * Puts an entry back that failed half-way. Where it cannot, and its change ends by itself, nobody has to be called: it
 * has failed, and says until when.
 */
export async function undoFailedEntry(context: RunContext, entry: Entry): Promise<Undoing> {
  await untilArrived(context, entry);
  const end = endOf(context, entry);
  if (!end) {
    return reverseEntry(context, entry);
  }
  const latest = shifted(context.clock.now(), end.afterMs + partOfSecondMs);
  const problem = await restore(context, entry, await new ReversalPlans(context).take(entry));
  if (problem && !context.aborting.aborted) {
    const left = endsItself(problem, end.what, latest);
    context.record.add({kind: 'entry-failed', entry: entry.id, problem: left});
    return {kind: 'left', problem: left};
  }
  return afterRestore(context, entry, problem);
}

/** Moments are shown in whole seconds, and this one must not be shown too early. */
const partOfSecondMs = 999;

function endOf(context: RunContext, entry: Entry) {
  const {unit} = entry;
  const given = knownOutputs(context.record.progress, context.runbook.entries);
  const input = inputOf(entry, context.params, given);
  return unit.kind === 'step' && input.kind === 'known'
    ? unit.endsByItself?.(input.input)
    : undefined;
}
