import type {Entry} from '../model/entry.ts';
import type {ReversePlan} from '../model/plan.ts';
import type {Problem} from '../model/problem.ts';
import {appliedEntries} from '../model/progress.ts';
import type {RunContext} from './context.ts';
import {needsOf} from './known-values.ts';
import type {Choice, Failure} from './operator.ts';
import {isLimitPassed, orEndOutage, unlimited} from './outage-limit.ts';
import {runStopped, skipRefused} from './problems.ts';
import {lostWhileStopped} from './process-stop.ts';
import {reverseRun} from './reverse.ts';
import {makeReversePlan, reachableCheckpoints} from './reverse-plan.ts';
import {pause, type RunOutcome} from './run-outcome.ts';
import {skipRuleFor} from './skip-rule.ts';

/** `again`: the entry is tried once more. `again-from-start`: entries before it, which were skipped, too. */
export type Decision = RunOutcome | 'again' | 'again-from-start';

/** Asks what to do about an entry that failed, and does it. */
export async function decide(
  context: RunContext,
  entry: Entry,
  problem: Problem,
): Promise<Decision> {
  const {record, operator, stopping} = context;
  if (record.progress.outcome === 'reverse-failed') {
    return {kind: 'reverse-failed', problem};
  }
  if (stopping.aborted) {
    return pause(context, problem);
  }
  const asked = {entry: entry.id, about: 'failure', question: problem.message} as const;
  const details = appliedEntries(record.progress).map(({id, unit}) => `${id} (${unit})`);
  const failure: Failure = {
    entry: entry.id,
    problem,
    changesInPlace: details,
    reversibleTo: reachableCheckpoints(context.runbook, record.progress),
    skip: skipRuleFor(context, entry, problem),
    skippedBefore: skippedBefore(context, entry),
    onAsked: (person) => record.add({kind: 'asked', ...asked, details, person}),
  };
  const choice = await operator.decide(failure, stopping);
  if (isLimitPassed(context)) {
    return pause(context, problem);
  }
  const decided = orEndOutage(context, problem, choice);
  record.add({
    kind: 'answered',
    ...asked,
    details,
    answer: decided.choice,
    by: decided.by,
  });
  switch (decided.choice) {
    case 'retry': {
      const lost = await lostWhileStopped(context, problem);
      return lost ? decide(context, entry, lost) : retry(context, failure, decided.by);
    }
    case 'skip':
      return skip(context, failure, decided);
    case 'stop':
      return pause(context, problem);
    case 'reverse':
      return reverseAfter(unlimited(context), decided.to, problem);
  }
}

/** An entry that could not be tried is tried after those that it needs. */
function retry(context: RunContext, {skippedBefore: skipped}: Failure, by: string): Decision {
  for (const entry of skipped) {
    context.record.add({kind: 'skip-withdrawn', entry, by});
  }
  return skipped.length > 0 ? 'again-from-start' : 'again';
}

/** The rule holds for every operator: a program answers too. */
function skip(
  context: RunContext,
  {entry, skip: rule}: Failure,
  {reason, by}: Extract<Choice, {choice: 'skip'}> & {readonly by: string},
): Decision {
  if (!rule.allowed) {
    return pause(context, skipRefused(entry, rule.because));
  }
  const impossible = [...rule.impossible];
  context.record.add({kind: 'entry-skipped', entry, reason, by, impossible});
  return 'again';
}

/** The entries that this one needs, and that were skipped. */
function skippedBefore({record: {progress}, runbook, params}: RunContext, entry: Entry) {
  return needsOf(entry, params, progress, runbook.entries).filter(
    (id) => progress.entries.get(id)?.state === 'skipped',
  );
}

/** Reverses because of a failure, without asking. */
export async function reverseAfter(
  context: RunContext,
  to: string | null,
  problem: Problem,
): Promise<RunOutcome> {
  const plan = await planReversal(context, to);
  if (plan === 'stopped') {
    return pause(context, runStopped(String(context.stopping.reason)));
  }
  context.observe({kind: 'reverse-planned', plan});
  const reversal = await reverseRun(context, to, plan.digest);
  switch (reversal.kind) {
    case 'reversed':
      return {kind: 'reversed', to, problem};
    case 'paused':
      return pause(context, reversal.problem);
    case 'reverse-failed':
      return reversal;
  }
}

async function planReversal(
  context: RunContext,
  to: string | null,
): Promise<ReversePlan | 'stopped'> {
  try {
    return await makeReversePlan(context, context.record.progress, to, context.stopping);
  } catch (error) {
    if (context.stopping.aborted) {
      return 'stopped';
    }
    throw error;
  }
}
