import {setTimeout as sleep} from 'node:timers/promises';
import {type Problem, type ReportProgress, SwitcharooError} from '../../../src/index.ts';
import type {Batch, ZoneWriter} from '../contract.ts';
import {
  batchMismatch,
  batchNotMade,
  batchRefused,
  changePending,
  recordsChangedElsewhere,
} from '../zone/problems.ts';
import {canonicalName, sameSet, sameSets} from './canonical.ts';
import type {RecordSet} from './record-set.ts';
import {contentsOf} from './record-text.ts';
import {type Scope, setsInScope} from './scope.ts';

export interface Replacement {
  readonly scope: Scope;
  readonly from: readonly RecordSet[];
  readonly to: readonly RecordSet[];
}

/** Longer than Route 53 is busy with earlier changes: a batch that is refused until then has another cause. */
const mostSendingMs = 3 * 60_000;
/** INSYNC usually comes within 60 s, and sometimes much later (cert-manager/cert-manager#9066). */
const mostSyncingMs = 15 * 60_000;
/** How long a read may be older than a change. */
const staleWithinMs = 15_000;
const firstWaitMs = 250;
const mostWaitMs = 20_000;

/**
 * Replaces `from` by `to` in one batch and waits until all name servers have it. The batch deletes exactly the listed
 * sets, so Route 53 refuses it when another client changed them first. For the same reason it may be sent again after a
 * lost answer: it can be made only once.
 */
export async function replaceSets(
  zone: ZoneWriter,
  replacement: Replacement,
  signal: AbortSignal,
  say: ReportProgress,
): Promise<{readonly changeId?: string}> {
  const {from, to} = replacement;
  const startMs = performance.now();
  let answer = '';
  let refused = false;
  let unansweredMs = Number.NEGATIVE_INFINITY;
  for (let attempt = 0; ; attempt += 1) {
    const {live} = await setsInScope(zone, replacement.scope, signal);
    if (sameSets(live, to)) {
      return {};
    }
    if (!sameSets(live, from)) {
      throw new SwitcharooError(changedElsewhere(zone, live, from, answer));
    }
    // The records are unchanged, so no other client was faster: Route 53 refuses the batch itself.
    if (refused && performance.now() - unansweredMs < staleWithinMs) {
      // The batch before this one may have been made, and this read may be older than it.
      await pause(attempt, signal);
      continue;
    }
    if (refused) {
      throw new SwitcharooError(batchRefused({target: zone.name, answer}));
    }
    requireTime(zone, startMs, answer);
    // Known here: the zone holds the before-image, and the batch deletes exactly that.
    const result = await zone.send(batchOf(live, to), signal);
    if (result.kind === 'accepted') {
      await untilInSync(zone, result, signal, say);
      await requireAsSent(zone, replacement, signal);
      return {changeId: result.changeId};
    }
    answer = result.answer;
    refused = result.kind === 'refused';
    unansweredMs = result.kind === 'unanswered' ? performance.now() : unansweredMs;
    if (!refused) {
      say(`${answer}; sending it again`);
      await pause(attempt, signal);
    }
  }
}

function requireTime(zone: ZoneWriter, startMs: number, answer: string): void {
  if (performance.now() - startMs > mostSendingMs) {
    const minutes = mostSendingMs / 60_000;
    throw new SwitcharooError(batchNotMade({target: zone.name, minutes, answer}));
  }
}

/** Unchanged sets are left out. Aliases are deleted first and created last: an alias needs its target. */
export function batchOf(live: readonly RecordSet[], to: readonly RecordSet[]): Batch {
  const lacking = (sets: readonly RecordSet[], others: readonly RecordSet[]) =>
    sets.filter((set) => !others.some((other) => sameSet(set, other)));
  return {
    deletes: targetsFirst(lacking(live, to)).toReversed(),
    creates: targetsFirst(lacking(to, live)),
  };
}

/** An alias comes after its target, also when the target is an alias. */
function targetsFirst(sets: readonly RecordSet[]): readonly RecordSet[] {
  const setsByName = new Map<string, RecordSet[]>();
  for (const set of sets) {
    const key = `${canonicalName(set.name)} ${set.type}`;
    setsByName.set(key, [...(setsByName.get(key) ?? []), set]);
  }
  const depthOf = (set: RecordSet, passed: readonly RecordSet[] = []): number => {
    if (!set.alias || passed.includes(set)) {
      return 0;
    }
    const targets = setsByName.get(`${canonicalName(set.alias.dnsName)} ${set.type}`) ?? [];
    return 1 + Math.max(0, ...targets.map((target) => depthOf(target, [...passed, set])));
  };
  const depths = new Map(sets.map((set) => [set, depthOf(set)]));
  return [...sets].sort((first, second) => (depths.get(first) ?? 0) - (depths.get(second) ?? 0));
}

/** Asks soon at first, and then less and less often: the account has five requests a second. */
async function untilInSync(
  zone: ZoneWriter,
  {changeId, inSync}: {readonly changeId: string; readonly inSync: boolean},
  signal: AbortSignal,
  say: ReportProgress,
): Promise<void> {
  const startMs = performance.now();
  let synced = inSync;
  for (let attempt = 0; !synced; attempt += 1) {
    const waitedMs = performance.now() - startMs;
    if (waitedMs > mostSyncingMs) {
      const minutes = mostSyncingMs / 60_000;
      throw new SwitcharooError(changePending({target: zone.name, change: changeId, minutes}));
    }
    say(
      `change ${changeId} has been PENDING for ${Math.round(waitedMs / 1_000)} s; it is usually INSYNC within 60 s`,
    );
    await pause(attempt, signal);
    synced = await zone.isInSync(changeId, signal);
  }
}

/**
 * Route 53 once answered INSYNC and stored other records (boto/boto3#3579). A read may be older than the change: one
 * that shows what was there before is repeated for a while.
 */
async function requireAsSent(
  zone: ZoneWriter,
  replacement: Replacement,
  signal: AbortSignal,
): Promise<void> {
  const startMs = performance.now();
  const read = async () => (await setsInScope(zone, replacement.scope, signal)).live;
  let live = await read();
  const isStale = () => sameSets(live, replacement.from) && !sameSets(live, replacement.to);
  for (let attempt = 0; isStale() && performance.now() - startMs < staleWithinMs; attempt += 1) {
    await pause(attempt, signal);
    live = await read();
  }
  if (!sameSets(live, replacement.to)) {
    const facts = {target: zone.name, live: contentsOf(live), sent: contentsOf(replacement.to)};
    throw new SwitcharooError(batchMismatch(facts));
  }
}

const changedElsewhere = (
  zone: ZoneWriter,
  live: readonly RecordSet[],
  from: readonly RecordSet[],
  answer: string,
): Problem =>
  recordsChangedElsewhere({
    target: zone.name,
    live: contentsOf(live),
    expected: contentsOf(from),
    ...(answer && {answer}),
  });

/** Half of the pause is random: other clients of the account wait too. */
function pause(attempt: number, signal: AbortSignal): Promise<void> {
  const waitMs = Math.min(firstWaitMs * 2 ** attempt, mostWaitMs);
  return sleep(waitMs / 2 + (Math.random() * waitMs) / 2, undefined, {signal});
}
