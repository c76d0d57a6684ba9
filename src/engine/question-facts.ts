import type {Forecast} from '../forecast/forecast.ts';
import {decideBySentence, questionSentences} from '../forecast/forecast-text.ts';
import {losslessScope} from '../model/also-written.ts';
import {isOpenedByPerson} from '../model/approve.ts';
import {clockUtc, durationText} from '../model/duration.ts';
import type {Entry, Item} from '../model/entry.ts';
import {isClosed} from '../model/outage.ts';
import {
  type OutageLimit,
  type OutageRule,
  outageLimit,
  outageRule,
  outageRuleText,
} from '../model/outage-limit.ts';
import {placeText} from '../model/place.ts';
import {appliedEntries} from '../model/progress.ts';
import {losslessOf} from '../model/reversal-loss.ts';
import type {RunContext} from './context.ts';
import {alsoWrittenIn} from './declared-writes.ts';
import {earlierFigures, namesText} from './fact-texts.ts';
import {gatesBefore} from './question-gates.ts';
import {askReversalLosses} from './reversal-loss.ts';
import {reachableCheckpoints} from './reverse-plan.ts';

/**
 * What is so while a person is asked, a sentence each: who can write, what is checked after the answer, what can be
 * reversed until when and whether without loss, and how long it took before. `at`: the confirmation, or the point of
 * no return.
 */
export async function factsOfQuestion(context: RunContext, at: Item): Promise<readonly string[]> {
  const forecast = context.forecast?.();
  return [
    ...outageFacts(context, at),
    ...evidenceFacts(context, at),
    ...gateFacts(context, at),
    ...(await reversalFacts(context, at)),
    ...earlierFacts(context, at, forecast),
    ...decideByFacts(context, forecast),
  ];
}

function outageFacts(
  {runbook, record: {progress, outage: lasting}}: RunContext,
  at: Item,
): readonly string[] {
  const {outage} = runbook.head;
  if (!outage) {
    return [];
  }
  if (isClosed(progress, outage)) {
    return [`OUTAGE: writes are refused now. ${withoutAnswer(outageLimit(progress, lasting))}`];
  }
  const following = entriesUntilNextQuestion(runbook.items, at);
  const from = following.find(isNamed(outage.from));
  const until = runbook.entries.findLast(isNamed(outage.until));
  return from && until
    ? [
        `No outage yet. If you answer yes, writes are refused from ${from.id} until ${until.id} is done. ${ruleText(outageRule(runbook, progress.longestOutageMs))}`,
      ]
    : ['No outage: this run refuses no writes now, and a yes does not change that.'];
}

function withoutAnswer(limit: OutageLimit | undefined): string {
  if (!limit) {
    return 'Nothing continues until you answer. The outage has no limit.';
  }
  const {reversesTo, at, limitMs} = limit;
  const moment = `at ${clockUtc(at)} UTC, when the outage exceeds its limit of ${durationText(limitMs)}`;
  const then =
    reversesTo === undefined
      ? `Nothing continues until you answer, or until you are asked what to do ${moment}.`
      : `Without an answer, the run reverses to ${placeText(reversesTo)} by itself ${moment}.`;
  return `${then} While the run is paused, no process watches the limit.`;
}

const ruleText = (rule: OutageRule | undefined): string =>
  rule ? `The longest outage is ${outageRuleText(rule)}` : 'The outage has no limit.';

function gateFacts({runbook, record: {progress}}: RunContext, at: Item): readonly string[] {
  const gates =
    at.kind === 'entry'
      ? gatesBefore(runbook.items, at).filter(({id}) => progress.entries.get(id)?.state === 'done')
      : [];
  const ids = gates.map(({id}) => id);
  return ids.length === 0
    ? []
    : [
        `After a yes, ${namesText(ids)} ${ids.length === 1 ? 'is' : 'are'} checked again. If a check no longer passes, the run waits and asks again.`,
      ];
}

/** What the gates since the last step have found. */
function evidenceFacts({runbook, record: {progress}}: RunContext, at: Item): readonly string[] {
  const before = runbook.items.slice(0, runbook.items.indexOf(at));
  const lastStep = before.findLastIndex(
    (item) => item.kind === 'entry' && item.unit.kind !== 'gate',
  );
  return before.slice(lastStep + 1).flatMap((item) => {
    if (item.kind !== 'entry' || item.unit.kind !== 'gate') {
      return [];
    }
    const {state, output} = progress.entries.get(item.id) ?? {};
    const parsed = state === 'done' ? item.unit.output.safeParse(output) : undefined;
    const evidence: readonly string[] = parsed?.success
      ? (item.unit.evidence?.(parsed.data) ?? [])
      : [];
    return evidence.map((sentence) => `${item.id}: ${sentence}.`);
  });
}

async function reversalFacts(context: RunContext, at: Item): Promise<readonly string[]> {
  const {runbook, record, stopping} = context;
  const {progress} = record;
  if (appliedEntries(progress).length === 0) {
    return ['This run has no changes in place: there is nothing to reverse.'];
  }
  const places = [...reachableCheckpoints(runbook, progress)].reverse();
  if (places.length === 0) {
    return ['This run can no longer be reversed.'];
  }
  const answers = await askReversalLosses(context, progress, stopping);
  const lossless = losslessOf(answers);
  const loss =
    answers.length === 0
      ? []
      : [
          `Reversal is lossless now: ${lossless === 'no' ? 'NO' : lossless}.`,
          ...answers.flatMap(({because}) => because),
          losslessScope(alsoWrittenIn(runbook, context.params).alsoWritten ?? []),
        ];
  const to = namesText(places.map(placeText), 'or');
  return [`A reversal to ${to} is possible ${untilWhen(runbook.items, at)}.`, ...loss];
}

/** Until a point of no return is passed, which a person is asked about. */
function untilWhen(items: readonly Item[], at: Item): string {
  if (at.kind === 'point-of-no-return') {
    return 'until you answer yes';
  }
  const next = items.findIndex(
    (item, index) => item.kind === 'point-of-no-return' && index > items.indexOf(at),
  );
  const before = items.slice(0, Math.max(0, next)).findLast((item) => item.kind === 'entry');
  return before
    ? `until the point of no return after ${before.id}`
    : 'even after the run has ended';
}

function earlierFacts(
  context: RunContext,
  at: Item,
  forecast: Forecast | undefined,
): readonly string[] {
  if (forecast) {
    return questionSentences(forecast);
  }
  const following = entriesUntilNextQuestion(context.runbook.items, at);
  const last = following.at(-1);
  return earlierFigures(context, (earlier) => {
    const ms = durationOf(following, earlier.durationMs);
    return last && ms > 0 ? [`the entries up to ${last.id} took ${durationText(ms)}`] : [];
  });
}

const isNamed =
  (names: readonly string[]) =>
  ({id, unit}: Entry): boolean =>
    names.includes(id) || names.includes(unit.name);

/** Entries of a group run together: the longest one counts. */
function durationOf(entries: readonly Entry[], durationMs: ReadonlyMap<string, number>): number {
  const groups = new Map<string, number>();
  for (const {id, phase, group} of entries) {
    const key = group === undefined ? `entry ${id}` : `group ${phase} ${group}`;
    groups.set(key, Math.max(groups.get(key) ?? 0, durationMs.get(id) ?? 0));
  }
  return [...groups.values()].reduce((sum, ms) => sum + ms, 0);
}

function decideByFacts(
  {record: {progress}, clock}: RunContext,
  forecast: Forecast | undefined,
): readonly string[] {
  const {decideBy} = progress;
  return decideBy ? [decideBySentence(decideBy, forecast, clock.now())] : [];
}

/** What a yes starts: the entries up to the next question. */
function entriesUntilNextQuestion(items: readonly Item[], at: Item): readonly Entry[] {
  const following = items.slice(items.indexOf(at) + 1);
  const next = following.findIndex(
    (item) =>
      item.kind === 'point-of-no-return' || (item.kind === 'entry' && isOpenedByPerson(item.unit)),
  );
  return following
    .slice(0, next < 0 ? following.length : next)
    .filter((item): item is Entry => item.kind === 'entry');
}
