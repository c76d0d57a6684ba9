import {
  type ApprovalDesk,
  type ApprovalNeed,
  type ApprovalSurvey,
  approvalDigest,
} from '../model/approval.ts';
import type {Entry} from '../model/entry.ts';
import {shellWord} from '../model/hint.ts';
import type {FactOf} from '../model/journal.ts';
import {principalText} from '../model/principal.ts';
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
    const survey = await look(context, desk, askedOf(context, entry, asking));
    if (stopping.aborted) {
      return runStopped(String(stopping.reason));
    }
    if (processStopProblem(context, entry) ?? decideByProblem(context, entry)) {
      return 'again';
    }
    if (survey && survey.counted.length >= asking.need.of && (await allOpenNow(context, entry))) {
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

/** What the approvers are asked; journaled once, so that they find it. */
function askedOf(
  {record, runbook, approvalRules}: RunContext,
  entry: Entry,
  asking: Asking,
): Asked {
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
    record.add(asked);
  }
  return asked;
}

/** Says what is missing. `undefined` if that is unknown now. */
async function look(
  context: RunContext,
  desk: ApprovalDesk,
  {entry, approval}: Asked,
): Promise<ApprovalSurvey | undefined> {
  const {record, stopping} = context;
  const say = (text: string) => context.observe({kind: 'progress', entry, text});
  const {run} = record.progress.run;
  const command = `switcharoo approve ${run} ${shellWord(entry)} --shared ${shellWord(desk.place)}`;
  try {
    const survey = await withinLookLimit(context, stopping, async (signal) => {
      const caller = await desk.caller(signal);
      if (!record.progress.runners.includes(caller.arn)) {
        record.add({
          kind: 'operator-identified',
          arn: caller.arn,
          principal: principalText(caller),
        });
      }
      const {runners} = record.progress;
      const subject = {run, digest: approval.digest, entry};
      return desk.survey(subject, {...approval, runners}, signal);
    });
    const known = record.progress.approvals;
    for (const fact of survey.counted) {
      if (!known.some((before) => isSame(before, fact))) {
        record.add(fact);
      }
    }
    const missing = approval.of - survey.counted.length;
    const others = survey.others.map((sentence) => ` ${sentence}`).join('');
    say(
      `waiting for ${missing} of ${approval.of} approvals by ${approval.by}.${others} To approve: ${command}`,
    );
    return survey;
  } catch (error) {
    if (!stopping.aborted) {
      say(`the approvals in ${desk.place} cannot be read, trying again: ${messageOf(error)}`);
    }
    return undefined;
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
