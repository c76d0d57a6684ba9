import {setTimeout as sleep} from 'node:timers/promises';
import {type Problem, type ReportProgress, SwitcharooError} from '../../../src/index.ts';
import type {Batch, ZoneWriter} from '../contract.ts';
import {
  batchNotTaken,
  batchRefused,
  notAsSent,
  notInSync,
  recordsChanged,
} from '../zone/problems.ts';
import {canonicalName, sameSet, sameSets} from './canonical.ts';
import type {RecordSet} from './record-set.ts';
import {contentsOf} from './record-text.ts';
import {type Scope, standingAt} from './scope.ts';

export interface Replacement {
  readonly scope: Scope;
  readonly from: readonly RecordSet[];
  readonly to: readonly RecordSet[];
}

/** Longer than Route 53's own backlog lasts; a batch that is not taken by then has another reason. */
const mostSendingMs = 3 * 60_000;
/** INSYNC comes within 60 s as a rule; tails are long (cert-manager/cert-manager#9066). */
const mostSyncingMs = 15 * 60_000;
const firstWaitMs = 250;
const mostWaitMs = 20_000;

/**
 * Replaces `from` by `to` in one batch and waits until all name servers have it. The batch deletes
 * exactly what is listed, so that Route 53 itself refuses it when someone was quicker. For the same
 * reason it may be sent again after a lost answer: it can be made once only.
 */
export async function replaceSets(
  zone: ZoneWriter,
  replacement: Replacement,
  signal: AbortSignal,
  say: ReportProgress,
): Promise<{readonly changeId?: string}> {
  const {from, to} = replacement;
  const startMs = Date.now();
  let said = '';
  let refused = false;
  for (let tries = 0; ; tries += 1) {
    const {live} = await standingAt(zone, replacement.scope, signal);
    if (sameSets(live, to)) {
      return {};
    }
    if (!sameSets(live, from)) {
      throw new SwitcharooError(changedProblem(zone, live, from, said));
    }
    // Only the look above tells why it was refused: nobody was quicker, so Route 53 does not want it.
    if (refused) {
      throw new SwitcharooError(batchRefused({target: zone.name, said}));
    }
    requireTime(zone, startMs, said);
    // Known here: the zone holds what the before-image holds, and the batch says so to Route 53.
    const answer = await zone.send(batchOf(live, to), signal);
    if (answer.kind === 'accepted') {
      await inSync(zone, answer, signal, say);
      await requireAsSent(zone, replacement, signal);
      return {changeId: answer.changeId};
    }
    said = answer.said;
    refused = answer.kind === 'refused';
    if (!refused) {
      say(`${said}; asking again`);
      await pause(tries, signal);
    }
  }
}

function requireTime(zone: ZoneWriter, startMs: number, said: string): void {
  if (Date.now() - startMs > mostSendingMs) {
    const minutes = mostSendingMs / 60_000;
    throw new SwitcharooError(batchNotTaken({target: zone.name, minutes, said}));
  }
}

/** Sets that stay as they are stay out. What points at others goes first and comes last: an alias needs its target. */
export function batchOf(live: readonly RecordSet[], to: readonly RecordSet[]): Batch {
  const lacking = (sets: readonly RecordSet[], others: readonly RecordSet[]) =>
    sets.filter((set) => !others.some((other) => sameSet(set, other)));
  return {
    deletes: targetsFirst(lacking(live, to)).toReversed(),
    creates: targetsFirst(lacking(to, live)),
  };
}

/** An alias comes after all that it leads to, also by way of other aliases. */
function targetsFirst(sets: readonly RecordSet[]): readonly RecordSet[] {
  const places = new Map<string, RecordSet[]>();
  for (const set of sets) {
    const place = `${canonicalName(set.name)} ${set.type}`;
    places.set(place, [...(places.get(place) ?? []), set]);
  }
  const stepsFrom = (set: RecordSet, passed: readonly RecordSet[] = []): number => {
    if (!set.alias || passed.includes(set)) {
      return 0;
    }
    const targets = places.get(`${canonicalName(set.alias.dnsName)} ${set.type}`) ?? [];
    return 1 + Math.max(0, ...targets.map((target) => stepsFrom(target, [...passed, set])));
  };
  const steps = new Map(sets.map((set) => [set, stepsFrom(set)]));
  return [...sets].sort((one, other) => (steps.get(one) ?? 0) - (steps.get(other) ?? 0));
}

/** Soon at first, for a world that is quick; then ever less often, since the account may ask five times a second. */
async function inSync(
  zone: ZoneWriter,
  {changeId, inSync}: {readonly changeId: string; readonly inSync: boolean},
  signal: AbortSignal,
  say: ReportProgress,
): Promise<void> {
  const startMs = Date.now();
  let synced = inSync;
  for (let tries = 0; !synced; tries += 1) {
    const waitedMs = Date.now() - startMs;
    if (waitedMs > mostSyncingMs) {
      const minutes = mostSyncingMs / 60_000;
      throw new SwitcharooError(notInSync({target: zone.name, change: changeId, minutes}));
    }
    say(
      `change ${changeId} has been PENDING for ${Math.round(waitedMs / 1_000)} s; INSYNC comes within 60 s as a rule`,
    );
    await pause(tries, signal);
    synced = await zone.isInSync(changeId, signal);
  }
}

/** Route 53 has been seen to answer INSYNC and to store something else (boto/boto3#3579). */
async function requireAsSent(
  zone: ZoneWriter,
  replacement: Replacement,
  signal: AbortSignal,
): Promise<void> {
  const {live} = await standingAt(zone, replacement.scope, signal);
  if (!sameSets(live, replacement.to)) {
    const facts = {target: zone.name, live: contentsOf(live), sent: contentsOf(replacement.to)};
    throw new SwitcharooError(notAsSent(facts));
  }
}

const changedProblem = (
  zone: ZoneWriter,
  live: readonly RecordSet[],
  from: readonly RecordSet[],
  said: string,
): Problem =>
  recordsChanged({
    target: zone.name,
    live: contentsOf(live),
    expected: contentsOf(from),
    ...(said && {said}),
  });

/** Others of the account wait too: half of it is chance. */
function pause(tries: number, signal: AbortSignal): Promise<void> {
  const waitMs = Math.min(firstWaitMs * 2 ** tries, mostWaitMs);
  return sleep(waitMs / 2 + (Math.random() * waitMs) / 2, undefined, {signal});
}
