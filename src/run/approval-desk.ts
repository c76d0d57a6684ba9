import {
  type ApprovalDesk,
  type ApprovalNeed,
  type ApprovalSubject,
  type ApprovalSurvey,
  approvalInKey,
  approvalsFolder,
  type GivenApproval,
} from '../model/approval.ts';
import {clockUtc} from '../model/duration.ts';
import type {FactOf} from '../model/journal.ts';
import type {ObjectStore} from '../model/object-store.ts';
import {haveSameOwner, isOfArn, type Principal, principalText} from '../model/principal.ts';

/** Where the members of a group approve: under keys that nobody else could have written. */
export function approvalDeskOf(store: ObjectStore): ApprovalDesk {
  let caller: Promise<Principal> | undefined;
  return {
    place: store.place,
    caller: (signal) => {
      caller ??= store.caller(signal);
      caller.catch(() => {
        caller = undefined;
      });
      return caller;
    },
    survey: (subject, need, signal) => surveyOf(store, {subject, need}, signal),
  };
}

interface Surveying {
  readonly subject: ApprovalSubject;
  readonly need: ApprovalNeed & {
    readonly principals: readonly string[];
    readonly runners: readonly string[];
  };
}

type Counted = FactOf<'approved'>;

/** The last word of each principal, the oldest first. */
export async function wordsIn(
  store: ObjectStore,
  subject: ApprovalSubject,
  signal: AbortSignal,
): Promise<readonly GivenApproval[]> {
  const folder = approvalsFolder(subject);
  const given = (await store.keys(folder, signal)).flatMap(
    (key) => approvalInKey(folder, key) ?? [],
  );
  const last = new Map<string, GivenApproval>();
  for (const word of given.sort((word, other) => word.number - other.number)) {
    last.set(principalText(word.principal), word);
  }
  return [...last.values()];
}

async function surveyOf(
  store: ObjectStore,
  {subject, need}: Surveying,
  signal: AbortSignal,
): Promise<ApprovalSurvey> {
  const counted = new Map<string, Counted>();
  const others: string[] = [];
  for (const word of await wordsIn(store, subject, signal)) {
    const result = await judged(store, word, {subject, need}, signal);
    if (typeof result === 'string') {
      others.push(result);
    } else if (!counted.has(result.listed)) {
      counted.set(result.listed, result);
    }
  }
  return {counted: [...counted.values()], others};
}

/** The approval as it counts, or why it does not. */
async function judged(
  store: ObjectStore,
  {principal, word, key}: GivenApproval,
  {subject: {digest, entry}, need}: Surveying,
  signal: AbortSignal,
): Promise<Counted | string> {
  const who = principalText(principal);
  const listed = need.principals.find((arn) => isOfArn(principal, arn));
  const added = await store.added(key, signal);
  if (word === 'withdrawn' || !added) {
    return `${who} has withdrawn their approval.`;
  }
  if (listed === undefined) {
    return `${who} has approved, but is not in ${need.by}.`;
  }
  if (need.runners.some((runner) => haveSameOwner(runner, principal.arn))) {
    return `${who} has approved, but has worked on this run: the approval does not count.`;
  }
  if (added.ageMs > need.validForMs) {
    return `The approval by ${who} at ${clockUtc(added.at)} UTC has expired.`;
  }
  const from = hostIn(await store.read(key, signal));
  const givenUtc = added.at.toISOString();
  return {
    kind: 'approved',
    ...{entry, digest, group: need.by, listed, principal: who, givenUtc, from},
  };
}

/** What the host of an approver calls itself: shown, but never trusted. */
function hostIn(text: string | null): string {
  const [line = ''] = (text ?? '').split('\n');
  return /^[\w.@-]{1,100}$/.test(line) ? line : 'an unknown host';
}
