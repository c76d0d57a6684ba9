import {
  type ApprovalDesk,
  type ApprovalNeed,
  type ApprovalSurvey,
  approvalDigest,
} from '../model/approval.ts';
import type {Entry} from '../model/entry.ts';
import {shellWord} from '../model/hint.ts';
import type {FactOf} from '../model/journal.ts';
import {type Principal, principalText} from '../model/principal.ts';
import type {Problem} from '../model/problem.ts';
import {messageOf} from '../model/thrown.ts';
import {approvalObstacle} from './approval-rules.ts';
import type {RunContext} from './context.ts';
import {decideByProblem} from './decide-by.ts';
import {runbookDigest} from './digests.ts';
import {withinLookLimit} from './look.ts';
import {allOpenNow, precedingGatesOpen} from './open-gates.ts';
import {waitsOf} from './poll.ts';
import {runStopped} from './problems.ts';
import {processStopProblem} from './process-stop.ts';
import {factsOfQuestion} from './question-facts.ts';

interface Asking {
  readonly question: string;
  readonly details: readonly string[];
  readonly need: ApprovalNeed;
}

type Asked = FactOf<'asked'> & Required<Pick<FactOf<'asked'>, 'approval'>> & {entry: string};

/**
 * Waits until enough people of the group have approved the run as it is now, even while the store does not answer.
 * `again`: something else must be decided first.
 */
export async function awaitApprovals(
  context: RunContext,
  entry: Entry,
  asking: Asking,
): Promise<'yes' | 'again' | Problem> {
  const {record, clock, stopping, approvals: desk} = context;
  const obstacle = approvalObstacle(entry, context.approvalRules);
  if (obstacle || !desk) {
    return obstacle ?? storeClosed(entry.id);
  }
  const waits = waitsOf(entry);
  for (;;) {
    const notOpen = await precedingGatesOpen(context, entry);
    if (notOpen) {
      return notOpen;
    }
    const survey = await lookTwice(context, desk, entry, asking);
    if (stopping.aborted) {
      return runStopped(String(stopping.reason));
    }
    if (processStopProblem(context, entry) ?? decideByProblem(context, entry)) {
      return 'again';
    }
    if (survey) {
      const by = survey.counted.map(({principal}) => principal).join(', ');
      const hosts = survey.counted.map(({from}) => from).join(', ');
      record.add({
        kind: 'answered',
        ...{entry: entry.id, about: 'approval', question: asking.question},
        ...{details: [...asking.details], answer: 'yes', by},
        note: `from ${hosts}`,
      });
      return 'yes';
    }
    await clock.sleep(waits.next().value, stopping);
  }
}

/** The approvals, once they are enough and the gates before are open; `undefined` until then. */
async function lookTwice(
  context: RunContext,
  desk: ApprovalDesk,
  entry: Entry,
  asking: Asking,
): Promise<ApprovalSurvey | undefined> {
  const asked = await askedOf(context, entry, asking);
  const enough = async () => {
    const survey = await look(context, desk, asked);
    return survey && survey.counted.length >= asking.need.of ? survey : undefined;
  };
  // The gates may have taken long: an approval may have expired or been withdrawn meanwhile.
  return (await enough()) && (await allOpenNow(context, entry)) ? enough() : undefined;
}

/** What the approvers are asked; journaled once with all that an operator would be told, so that they find it. */
async function askedOf(context: RunContext, entry: Entry, asking: Asking): Promise<Asked> {
  const {record, runbook, approvalRules, stopping} = context;
  const {progress} = record;
  const {question, details, need} = asking;
  const {plan, runbook: before, inventory} = progress.run;
  const digests = [runbookDigest(runbook), approvalRules?.inventory.digest ?? ''];
  const changes = digests.filter(
    (digest) => digest !== before.digest && digest !== inventory.digest,
  );
  const digest = approvalDigest({plan, changes, reversals: progress.reversals});
  const principals = [...(approvalRules?.approvers[need.by] ?? [])];
  const asked: Asked = {
    kind: 'asked',
    ...{entry: entry.id, about: 'approval', question, details: [...details]},
    person: `${need.of} of ${need.by}`,
    approval: {digest, ...need, principals},
  };
  const open = progress.questions.find(
    ({entry: id, about}) => id === entry.id && about === 'approval',
  );
  if (open?.approval?.digest !== digest) {
    const facts = stopping.aborted ? [] : await factsOfQuestion(context, entry);
    record.add({...asked, details: [...details, ...facts]});
  }
  return asked;
}

/** Journals what has changed, and says what is missing. `undefined` if that is unknown now. */
async function look(
  context: RunContext,
  desk: ApprovalDesk,
  asked: Asked,
): Promise<ApprovalSurvey | undefined> {
  const {entry, approval} = asked;
  const {record} = context;
  const say = (text: string) => context.observe({kind: 'progress', entry, text});
  const read = await readApprovals(context, desk, asked);
  if (typeof read === 'string') {
    say(`the approvals in ${desk.place} cannot be read, trying again: ${read}`);
  }
  if (!read || typeof read === 'string') {
    return undefined;
  }
  // Not where the store is read: a journal that cannot be written ends the run.
  const {caller, survey} = read;
  if (!record.progress.runners.includes(caller.arn)) {
    record.add({kind: 'operator-identified', arn: caller.arn, principal: principalText(caller)});
  }
  journalChanges(context, asked, survey);
  const {run} = record.progress.run;
  const command = `switcharoo approve ${run} ${shellWord(entry)} --shared ${shellWord(desk.place)}`;
  const others = survey.others.map((sentence) => ` ${sentence}`).join('');
  const {by, of} = approval;
  const missing = of - survey.counted.length;
  say(
    missing > 0
      ? `waiting for ${missing} of ${of} approvals by ${by}.${others} To approve: ${command}`
      : `has ${of} of ${of} approvals by ${by}.${others}`,
  );
  return survey;
}

/** What is in the store, or why that is unknown; `undefined` if the run is told to stop meanwhile. */
async function readApprovals(
  context: RunContext,
  desk: ApprovalDesk,
  {entry, approval}: Asked,
): Promise<{readonly caller: Principal; readonly survey: ApprovalSurvey} | string | undefined> {
  const {stopping, record} = context;
  const {progress} = record;
  const subject = {run: progress.run.run, digest: approval.digest, entry};
  try {
    return await withinLookLimit(context, stopping, async (signal) => {
      const caller = await desk.caller(signal);
      const runners = [...progress.runners, caller.arn];
      return {caller, survey: await desk.survey(subject, {...approval, runners}, signal)};
    });
  } catch (error) {
    return stopping.aborted ? undefined : messageOf(error);
  }
}

/** Approvals that count from now on, and those that no longer do. */
function journalChanges(
  {record}: RunContext,
  {entry, approval: {digest}}: Asked,
  {counted, unread}: ApprovalSurvey,
): void {
  const known = record.progress.approvals;
  for (const {principal, listed, ...before} of known) {
    const isUnknown = before.entry !== entry || before.digest !== digest || unread.includes(listed);
    if (!isUnknown && !counted.some((fact) => fact.listed === listed)) {
      record.add({kind: 'approval-void', entry, digest, listed, principal});
    }
  }
  for (const fact of counted) {
    if (!known.some((before) => isSame(before, fact))) {
      record.add(fact);
    }
  }
}

const isSame = (fact: FactOf<'approved'>, other: FactOf<'approved'>): boolean =>
  fact.entry === other.entry &&
  fact.digest === other.digest &&
  fact.principal === other.principal &&
  fact.givenUtc === other.givenUtc;

const storeClosed = (entry: string): Problem => ({
  code: 'approval-needs-store',
  message: `${entry} waits for approvals, but this process runs without the store that they are read from.`,
  hint: 'Continue without --alone once the store answers again.',
});
