import type {Entry} from '../model/entry.ts';
import type {Problem} from '../model/problem.ts';
import type {RunContext} from './context.ts';
import {entriesLostWith} from './lost-entries.ts';
import type {SkipRule} from './operator.ts';

/** Whether the operator may skip an entry that failed so. */
export function skipRuleFor(context: RunContext, entry: Entry, problem: Problem): SkipRule {
  const because = entry.neverSkip ?? notTheCause[problem.code];
  if (because !== undefined) {
    return {allowed: false, because};
  }
  const {
    record: {progress},
    runbook: {entries},
    params,
  } = context;
  const lost = entriesLostWith({entries, params, progress, skipped: [entry.id]});
  const {name, protected: isProtected} = context.inventory;
  return {
    allowed: true,
    impossible: [...lost.keys()],
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
