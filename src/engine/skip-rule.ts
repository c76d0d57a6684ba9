import type {Entry} from '../model/entry.ts';
import type {Problem} from '../model/problem.ts';
import type {RunContext} from './context.ts';
import {needsOf} from './known-values.ts';
import type {SkipRule} from './operator.ts';

/** Whether the operator may skip an entry that failed so. */
export function skipRuleFor(context: RunContext, entry: Entry, problem: Problem): SkipRule {
  const because = entry.neverSkip ?? notTheCause[problem.code];
  if (because !== undefined) {
    return {allowed: false, because};
  }
  const {name, protected: isProtected} = context.inventory;
  return {
    allowed: true,
    impossible: impossibleWithout(context, entry),
    ...(isProtected ? {mustType: name} : {}),
  };
}

/** Failures that a skip would only pass on to the next entry. */
const notTheCause: Readonly<Record<string, string>> = {
  'dependency-skipped': 'It was not attempted, because an earlier entry is not done.',
  'input-unavailable': 'It was not attempted, because an earlier entry is not done.',
  'process-stopped': 'It has not failed: this process did not run for a while.',
  'outage-not-in-place': 'It has not failed: an entry that stops writes is no longer in place.',
  'outage-too-long': 'It has not failed: the outage exceeded its limit.',
  'decide-by-passed': 'The deadline for the cutover has passed, and applies to every entry.',
};

/** Later entries that need it, or need one that needs it. */
function impossibleWithout(
  {record: {progress}, runbook, params}: RunContext,
  skipped: Entry,
): readonly string[] {
  const entries: readonly Entry[] = runbook.entries;
  const lost = new Set([skipped.id]);
  for (const entry of entries.slice(entries.indexOf(skipped) + 1)) {
    const needs = needsOf(entry, params, progress, entries);
    if (progress.entries.get(entry.id)?.state !== 'done' && needs.some((id) => lost.has(id))) {
      lost.add(entry.id);
    }
  }
  lost.delete(skipped.id);
  return [...lost];
}
