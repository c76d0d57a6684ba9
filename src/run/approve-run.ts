import {sharedJournalOf} from '../journal/open-shared-log.ts';
import {type ApprovalSurvey, approvalsFolder} from '../model/approval.ts';
import type {FactOf, JournalEntry} from '../model/journal.ts';
import type {ObjectStore} from '../model/object-store.ts';
import {
  haveSameOwner,
  isOfArn,
  keyOfPrincipal,
  type Principal,
  principalText,
} from '../model/principal.ts';
import {ChangedError, type Problem, SwitcharooError} from '../model/problem.ts';
import {type Progress, progressOf} from '../model/progress.ts';
import {approvalDeskOf, wordsIn} from './approval-desk.ts';
import {refuseFinished} from './choose-run.ts';
import {refuseOtherStore} from './run-store.ts';
import {runsIn} from './shared-runs.ts';

type Approval = NonNullable<FactOf<'asked'>['approval']>;

/** What a run asks of approvers, as its store has it. */
export interface AskedApproval {
  readonly progress: Progress;
  readonly entry: string;
  readonly question: string;
  /** As of when it was asked. */
  readonly details: readonly string[];
  readonly askedAtUtc: string;
  readonly approval: Approval;
  readonly survey: ApprovalSurvey;
  readonly caller: Principal;
}

/**
 * Reads what an entry of a run asks of approvers. Changes nothing.
 *
 * @throws SwitcharooError `approval-not-asked` before it is asked or after it was passed; `approver-not-listed` and
 *   `approver-runs` when an approval by the caller could not count.
 */
export async function askedApprovalIn(
  store: ObjectStore,
  {run: name, entry}: {readonly run: string; readonly entry: string},
  signal: AbortSignal,
): Promise<AskedApproval> {
  const {progress, asked} = await askedIn(store, name, entry, signal);
  const {approval} = asked;
  const {run} = progress.run;
  const desk = approvalDeskOf(store);
  const caller = await desk.caller(signal);
  if (!approval.principals.some((arn) => isOfArn(caller, arn))) {
    throw new SwitcharooError(notListed(principalText(caller), approval.by));
  }
  if (progress.runners.some((runner) => haveSameOwner(runner, caller.arn))) {
    throw new SwitcharooError(runsIt(principalText(caller), run));
  }
  const subject = {run, digest: approval.digest, entry};
  const survey = await desk.survey(subject, {...approval, runners: progress.runners}, signal);
  return {...asked, progress, entry, survey, caller};
}

async function askedIn(store: ObjectStore, name: string, entry: string, signal: AbortSignal) {
  const near = (await runsIn(store, signal)).filter(
    (run) => run.startsWith(name) || run.endsWith(name),
  );
  const [run] = near;
  const {entries} =
    run === undefined || near.length > 1
      ? {entries: []}
      : await sharedJournalOf({store, run}, signal);
  const progress = progressOf(entries);
  if (!progress || run === undefined) {
    throw new SwitcharooError(notInStore(name, store.place));
  }
  refuseFinished(progress);
  refuseOtherStore(run, progress, store);
  if (progress.run.run !== run) {
    throw new SwitcharooError(notInStore(name, store.place));
  }
  const asked = entries.findLast((fact) => isAsked(fact, entry) || voidsQuestion(fact, entry));
  const isOver =
    progress.entries.get(entry)?.state === 'done' || progress.reversingTo !== undefined;
  if (asked?.kind !== 'asked' || !asked.approval || isOver) {
    const open = progress.questions.flatMap(({about, entry: id}) =>
      about === 'approval' && id !== null ? [id] : [],
    );
    throw new SwitcharooError(notAsked(entry, run, open));
  }
  const {question, details, approval, atUtc: askedAtUtc} = asked;
  return {progress, asked: {question, details, approval, askedAtUtc}};
}

const isAsked = (fact: JournalEntry, entry: string): boolean =>
  fact.kind === 'asked' && fact.entry === entry && fact.approval !== undefined;

const lookLimitMs = 5_000;

interface Unwritten {
  readonly store: ObjectStore;
  readonly who: string;
  readonly word: 'approved' | 'withdrawn';
}

/** A write that had no answer may still arrive. */
function notWritten(error: unknown, {store, who, word}: Unwritten): SwitcharooError {
  if (isDenied(error)) {
    return new SwitcharooError(denied(who, store.place), {cause: error});
  }
  const what = word === 'approved' ? 'the approval' : 'the withdrawal';
  return new ChangedError(
    approvalUnknown(what, store.place),
    `not known: ${what} may have been written`,
    {
      cause: error,
    },
  );
}

/** The run has passed the entry since, or asks about something else when it comes to it again. */
const voidsQuestion = (fact: JournalEntry, entry: string): boolean =>
  fact.kind === 'reverse-started' ||
  (fact.kind === 'run-resumed' && fact.accepted.length > 0) ||
  (fact.kind === 'entry-done' && fact.entry === entry);

/**
 * Writes the caller's word where only the caller can. `already`: it was the caller's last word before, and still
 * counts. If the answer is lost, it reads whether the word was written.
 */
export async function giveWord(
  store: ObjectStore,
  {progress, entry, approval, survey, caller}: AskedApproval,
  {word, host}: {readonly word: 'approved' | 'withdrawn'; readonly host: string},
  signal: AbortSignal,
): Promise<'given' | 'already'> {
  const subject = {run: progress.run.run, digest: approval.digest, entry};
  const who = principalText(caller);
  const words = await wordsIn(store, subject, signal);
  const last = words.find(({principal}) => principalText(principal) === who);
  const counts = survey.counted.some(({principal}) => principal === who) || hasTwin(survey, caller);
  const hasApproved = last?.word === 'approved';
  if (word === 'withdrawn' ? !hasApproved && !counts : hasApproved && counts) {
    return 'already';
  }
  const number = (last?.number ?? 0) + 1;
  const key = `${approvalsFolder(subject)}${number}-${word}/${keyOfPrincipal(caller)}`;
  try {
    // Two of the same principal at once write the same.
    await store.add(key, `${host}\n`, signal);
  } catch (error) {
    // Also when a person ended the command: it may have been written.
    const text = await store.read(key, AbortSignal.timeout(lookLimitMs)).catch(() => undefined);
    if (typeof text !== 'string') {
      throw notWritten(error, {store, who, word});
    }
  }
  return 'given';
}

/** Another session of a role that is listed as a whole counts for all of them. */
const hasTwin = ({counted}: ApprovalSurvey, caller: Principal): boolean =>
  counted.some(({listed}) => isOfArn(caller, listed));

const isDenied = (error: unknown): boolean =>
  error instanceof SwitcharooError && error.problem.code === 'aws-access-denied';

const notInStore = (name: string, place: string): Problem => ({
  code: 'unknown-run',
  message: `No run in ${place} matches ${name}, or more than one does.`,
  hint: {text: 'List the runs of the store with', command: 'runs --shared INVENTORY'},
});

const notAsked = (entry: string, run: string, open: readonly string[]): Problem => ({
  code: 'approval-not-asked',
  message: `${run} asks for no approval at ${entry} now: it has not reached that entry, has passed it, or is being reversed.`,
  hint:
    open.length > 0
      ? `It asks for approval at ${open.join(', ')}.`
      : {text: 'Show where the run is with', command: `status ${run} --shared INVENTORY`},
});

const notListed = (who: string, group: string): Problem => ({
  code: 'approver-not-listed',
  message: `You are ${who}, and ${group} does not list you. Nothing was approved.`,
  hint: `Only members of ${group} can approve, with their own keys. The inventory of the run lists them under "approvers".`,
});

const runsIt = (who: string, run: string): Problem => ({
  code: 'approver-runs',
  message: `You are ${who}, and that user or role has worked on ${run}. Nothing was approved.`,
  hint: 'Somebody else must approve, with another user or role.',
});

const approvalUnknown = (what: string, place: string): Problem => ({
  code: 'approval-unknown',
  message: `It is not known whether ${what} was written: ${place} did not confirm it.`,
  hint: 'Repeat the command: nothing is written twice.',
});

const denied = (who: string, place: string): Problem => ({
  code: 'approval-denied',
  message: `${who} may not write an approval in ${place}.`,
  hint: 'Attach the policy approvers.json printed by "store init". If the role has a path, it also needs iam:GetRole on itself.',
});
