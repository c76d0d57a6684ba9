import type {Entry} from '../model/entry.ts';
import {isNamedIn} from '../model/entry-progress.ts';
import {openedEntries} from '../model/opening.ts';
import {placeText} from '../model/place.ts';
import type {ReversePlan} from '../model/plan.ts';
import type {Problem} from '../model/problem.ts';
import {appliedEntries} from '../model/progress.ts';
import type {ReversalLossAnswer} from '../model/reversal-loss.ts';
import {askOperator} from './ask-operator.ts';
import type {RunContext} from './context.ts';
import {factsOfFailure} from './failure-facts.ts';
import {needsOf} from './known-values.ts';
import type {Choice, Failure} from './operator.ts';
import {isLimitPassed, orEndOutage, unlimited} from './outage-limit.ts';
import {reversalLosesWrites, runStopped, skipRefused} from './problems.ts';
import {askAwake, isAfterStop, lostInOutage} from './process-stop.ts';
import {askReversalLosses} from './reversal-loss.ts';
import {reverseRun} from './reverse.ts';
import {makeReversePlan, obstaclesToReversal, reachableCheckpoints} from './reverse-plan.ts';
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
  const skipRule = skipRuleFor(context, entry, problem);
  const failure: Failure = {
    entry: entry.id,
    problem,
    changesInPlace: details,
    reversibleTo: reachableCheckpoints(context.runbook, record.progress),
    skip: skipRule,
    ...(problem.code === 'store-unreachable' ? {mayGoAlone: true} : {}),
    skippedBefore: skippedBefore(context, entry),
    facts: () => factsOfFailure(context, entry, skipRule),
    onAsked: (person, facts = []) =>
      record.add({kind: 'asked', ...asked, details: [...facts], person}),
  };
  const asking = await askAwake(context.clock, stopping, (signal) =>
    operator.decide(failure, signal),
  );
  if (isLimitPassed(context)) {
    return pause(context, problem);
  }
  if ('stopped' in asking) {
    return decide(context, entry, problem);
  }
  const decided = orEndOutage(context, problem, asking.answer);
  const checksFirst = isAfterStop(context, problem);
  record.add({
    kind: 'answered',
    ...asked,
    details,
    answer: decided.choice,
    by: decided.by,
  });
  switch (decided.choice) {
    case 'retry': {
      const lost = checksFirst ? await lostInOutage(context) : undefined;
      return lost ? decide(context, entry, lost) : retry(context, failure, decided);
    }
    case 'skip':
      return skip(context, failure, decided);
    case 'stop':
      return pause(context, problem);
    case 'reverse':
      return reverseAfter(context, decided, problem);
  }
}

/** An entry that could not be tried is tried after those that it needs. */
function retry(
  {record}: RunContext,
  {skippedBefore: skipped, mayGoAlone, problem}: Failure,
  {alone, by}: Extract<Choice, {choice: 'retry'}> & {readonly by: string},
): Decision {
  if (alone && mayGoAlone && !record.progress.isNotShared) {
    record.add({kind: 'not-shared', because: problem.message});
  }
  for (const entry of skipped) {
    record.add({kind: 'skip-withdrawn', entry, by});
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

/** As the command `reverse` does: the plan, what would be lost, an approval, and then the reversal. */
export async function reverseAfter(
  context: RunContext,
  {to, declared}: Extract<Choice, {choice: 'reverse'}>,
  problem: Problem,
): Promise<RunOutcome> {
  const planned = await planReversal(context, to);
  if (planned === 'stopped') {
    return pause(context, runStopped(String(context.stopping.reason)));
  }
  context.observe({kind: 'reverse-planned', ...planned});
  const [obstacle] = obstaclesToReversal(planned.plan);
  // Nobody can be asked about one that was declared: it goes as far as it can, and waits for what is away.
  if (obstacle && !declared) {
    return pause(context, obstacle);
  }
  if (declared && losesWrites(context, planned)) {
    return pause(context, reversalLosesWrites(to, problem.message));
  }
  if (!declared && !(await isApproved(context, planned.plan))) {
    return pause(context, problem);
  }
  // Until here the limit of an outage ends what a person looks at; what ends the outage is not ended by it.
  const reversal = await reverseRun(unlimited(context), to, planned.plan.digest);
  switch (reversal.kind) {
    case 'reversed':
      return {kind: 'reversed', to, problem};
    case 'paused':
      return pause(context, reversal.problem);
    case 'reverse-failed':
      return reversal;
  }
}

async function isApproved(context: RunContext, {to, digest}: ReversePlan): Promise<boolean> {
  const {name, protected: isProtected} = context.inventory;
  const {answer} = await askOperator(context, {
    about: 'reversal',
    entry: null,
    question: `Reverse to ${placeText(to)} on ${name}?`,
    details: [`plan ${digest}`],
    ...(isProtected ? {mustType: name} : {}),
  });
  return answer === 'yes';
}

/**
 * Whether it loses what the new side has written, or may have: nobody has agreed to that who declared a reversal before
 * the run.
 */
function losesWrites({record: {progress}}: RunContext, {plan, losses}: PlannedReversal): boolean {
  const reverses = new Set(plan.lines.map(({entry}) => entry));
  const {entries, run} = progress;
  const opensOldSide = [...entries.values()]
    .filter(isNamedIn(run.runbook.outage?.from ?? []))
    .some(({id}) => reverses.has(id));
  const closesNewSide = openedEntries(progress).some(
    (id) => reverses.has(id) || (opensOldSide && !entries.get(id)?.applied),
  );
  return losses.length === 0
    ? closesNewSide
    : losses.some(
        ({entry, lossless}) => lossless === 'no' && (closesNewSide || reverses.has(entry)),
      );
}

interface PlannedReversal {
  readonly plan: ReversePlan;
  readonly losses: readonly ReversalLossAnswer[];
}

async function planReversal(
  context: RunContext,
  to: string | null,
): Promise<PlannedReversal | 'stopped'> {
  const {record, stopping} = context;
  try {
    const plan = await makeReversePlan(context, record.progress, to, stopping);
    return {plan, losses: await askReversalLosses(context, record.progress, stopping)};
  } catch (error) {
    if (stopping.aborted) {
      return 'stopped';
    }
    throw error;
  }
}
