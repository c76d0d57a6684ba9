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
import {elapsedMs} from '../model/moment.ts';
import type {ObjectStore} from '../model/object-store.ts';
import {haveSameOwner, isOfArn, type Principal, principalText} from '../model/principal.ts';
import {messageOf} from '../model/thrown.ts';

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

/** A word of somebody in the list, and when the store received it. */
interface Timed {
  readonly given: GivenApproval;
  readonly listed: string;
  readonly at: Date;
  readonly ageMs: number;
  readonly bytes: number;
}

async function surveyOf(
  store: ObjectStore,
  {subject, need}: Surveying,
  signal: AbortSignal,
): Promise<ApprovalSurvey> {
  const others: string[] = [];
  const last = new Map<string, Timed>();
  const unread = new Set<string>();
  for (const given of await wordsIn(store, subject, signal)) {
    const listed = need.principals.find((arn) => isOfArn(given.principal, arn));
    const obstacle = obstacleOf(given, listed, need);
    const added = obstacle === undefined ? await addedOf(store, given, signal) : null;
    if (typeof added === 'string' && listed !== undefined) {
      unread.add(listed);
      others.push(added);
    } else if (listed === undefined || !added || typeof added === 'string') {
      others.push(obstacle ?? withdrawnText(given));
    } else {
      last.set(listed, later(last.get(listed), {given, listed, ...added}));
    }
  }
  const counted: Counted[] = [];
  // Of somebody whose last word may be one that cannot be read, nothing counts.
  for (const timed of [...last.values()].filter(({listed}) => !unread.has(listed))) {
    const result = await judged(store, timed, {subject, need}, signal);
    if (typeof result === 'string') {
      others.push(result);
    } else {
      counted.push(result);
    }
  }
  return {counted, others, unread: [...unread]};
}

/** Or why that is unknown: one object that cannot be read keeps nobody else from approving. */
async function addedOf(store: ObjectStore, {principal, key}: GivenApproval, signal: AbortSignal) {
  try {
    return await store.added(key, signal);
  } catch (error) {
    signal.throwIfAborted();
    return `What ${principalText(principal)} has approved cannot be read: ${messageOf(error).replace(/\.$/, '')}.`;
  }
}

/** Why a word cannot count, as its key alone tells. */
function obstacleOf(
  given: GivenApproval,
  listed: string | undefined,
  need: Surveying['need'],
): string | undefined {
  const who = principalText(given.principal);
  if (listed === undefined) {
    return given.word === 'withdrawn'
      ? withdrawnText(given)
      : `${who} has approved, but is not in ${need.by}.`;
  }
  return given.word === 'approved' &&
    need.runners.some((runner) => haveSameOwner(runner, given.principal.arn))
    ? `${who} has approved, but has worked on this run: the approval does not count.`
    : undefined;
}

/**
 * The sessions of a role that is listed as a whole are one: their last word counts. The store knows whole seconds; of
 * two words in the same second, the withdrawal counts.
 */
function later(before: Timed | undefined, timed: Timed): Timed {
  const byMs = before ? elapsedMs(before.at, timed.at) : 1;
  return !before || byMs > 0 || (byMs === 0 && timed.given.word === 'withdrawn') ? timed : before;
}

const withdrawnText = ({principal}: GivenApproval): string =>
  `${principalText(principal)} has withdrawn their approval.`;

/** The approval as it counts, or why it does not. */
async function judged(
  store: ObjectStore,
  {given, listed, at, ageMs, bytes}: Timed,
  {subject: {digest, entry}, need}: Surveying,
  signal: AbortSignal,
): Promise<Counted | string> {
  const who = principalText(given.principal);
  if (given.word === 'withdrawn') {
    return withdrawnText(given);
  }
  if (ageMs > need.validForMs) {
    return `The approval by ${who} at ${clockUtc(at)} UTC has expired.`;
  }
  const from = hostIn(bytes > mostBytes ? null : await textOf(store, given.key, signal));
  const givenUtc = at.toISOString();
  return {
    kind: 'approved',
    ...{entry, digest, group: need.by, listed, principal: who, givenUtc, from},
  };
}

/** A name and an end of line. */
const mostBytes = 1_000;

/** Only the name of the host is in it: the approval counts without. */
async function textOf(store: ObjectStore, key: string, signal: AbortSignal) {
  try {
    return await store.read(key, signal);
  } catch {
    signal.throwIfAborted();
    return null;
  }
}

/** What the host of an approver calls itself: shown, but never trusted. */
function hostIn(text: string | null): string {
  const [line = ''] = (text ?? '').split('\n');
  return /^[\w.@-]{1,100}$/.test(line) ? line : 'an unknown host';
}
