import {shareDecision} from '../engine/share-decision.ts';
import {installJournal} from '../journal/install-journal.ts';
import {
  newSharedLog,
  reopenSharedLog,
  sameEntries,
  sharedJournalOf,
} from '../journal/open-shared-log.ts';
import {readJournal} from '../journal/read-journal.ts';
import type {SharedLog} from '../journal/shared-log.ts';
import {type Pauses, withinMs} from '../journal/time-limit.ts';
import {barriersInOutage} from '../model/expected-time.ts';
import {hasActedAfter} from '../model/in-flight.ts';
import type {JournalEntry} from '../model/journal.ts';
import type {ObjectStore} from '../model/object-store.ts';
import {type Problem, SwitcharooError} from '../model/problem.ts';
import {type Progress, progressOf} from '../model/progress.ts';
import {foreignApprovalRemarks} from './foreign-approval.ts';
import type {OpenedWorld} from './open-world.ts';
import {isOver, openRuns, workerOn} from './past-runs.ts';
import type {RunSession, SessionRequest} from './run-session.ts';
import {shareEnded} from './share-ended.ts';
import {notAStore, storeKindOf} from './store-kind.ts';

/** Where the runs of an inventory are shared; `undefined` where they are on this host alone. */
export async function storeOf({
  inventory,
  openByName,
}: Pick<OpenedWorld, 'inventory' | 'openByName'>): Promise<ObjectStore | undefined> {
  const {store: name} = inventory;
  const kind = await storeKindOf(inventory);
  if (name === undefined || !kind) {
    return undefined;
  }
  const {writer} = await openByName(name, kind);
  if (!isObjectStore(writer)) {
    throw new SwitcharooError(notAStore(name, kind, inventory));
  }
  return writer;
}

/** The log of a run in the store of its inventory; `isEarlier`: it began before this process. */
export async function sharedLogOf(
  request: SessionRequest,
  isEarlier: boolean,
  openedStore = () => storeOf(request.opened),
): Promise<SharedLog | undefined> {
  const {host, opened, run, signals, alone = false} = request;
  const {clock} = opened.world;
  const open = async (signal: AbortSignal): Promise<SharedLog | undefined> => {
    const store = await openedStore();
    if (!store) {
      return undefined;
    }
    const sharing = {store, run, clock};
    if (!isEarlier) {
      return newSharedLog(sharing, signal);
    }
    const {entries} = readJournal(host.state.journalOf(run), host.state.disk);
    refuseOtherStore(run, progressOf(entries), store);
    return reopenSharedLog(sharing, entries, signal);
  };
  if (!alone) {
    return open(signals.aborting);
  }
  // A store that answers all the same may know that the run was continued elsewhere.
  const time = {clock, ms: aloneLimitMs, signal: signals.aborting};
  await withinMs(time, open).catch((error: unknown) => {
    if (error instanceof SwitcharooError && error.problem.code === 'run-continued-elsewhere') {
      throw error;
    }
  });
  return undefined;
}

const aloneLimitMs = 5_000;

/** Other hosts look for the run where it began to be shared. */
export function refuseOtherStore(
  run: string,
  progress: Progress | undefined,
  {place}: ObjectStore,
): void {
  const began = progress?.run.storePlace;
  if (began !== undefined && began !== place) {
    throw new SwitcharooError(storeMoved(run, began, place));
  }
}

const storeMoved = (run: string, began: string, now: string): Problem => ({
  code: 'store-moved',
  message: `The journal of ${run} is shared in ${began}. The inventory names ${now} now, where no other host would find the run.`,
  hint: `Name ${began} in the inventory again. If it cannot be reached any more, continue with --alone.`,
});

const isObjectStore = (writer: unknown): writer is ObjectStore =>
  typeof writer === 'object' &&
  writer !== null &&
  'place' in writer &&
  'add' in writer &&
  'read' in writer &&
  'keys' in writer;

/** Before anything is changed. A run that cannot be shared is paused, and its journal says why. */
export async function shareBeginning({context}: RunSession, signal: AbortSignal): Promise<void> {
  const {record} = context;
  try {
    const problem = await shareDecision({...context, aborting: signal});
    if (problem) {
      throw new SwitcharooError(problem);
    }
  } catch (error) {
    if (error instanceof SwitcharooError) {
      record.add({kind: 'run-paused', problem: error.problem});
    }
    throw error;
  }
}

/**
 * What happened since the last barrier. Gives the problem when somebody else owns the run by now. A store that is away
 * keeps nobody from anything: the journal here has it, and it is shared when the run goes on.
 */
export async function shareEnd({
  journal,
  context: {clock},
}: Pick<RunSession, 'journal'> & {readonly context: {readonly clock: Pauses}}): Promise<
  Problem | undefined
> {
  const signal = new AbortController().signal;
  try {
    await withinMs({clock, ms: endLimitMs, signal}, (limited) => journal.shared(limited));
    return undefined;
  } catch (error) {
    const isLost = error instanceof SwitcharooError && error.problem.code === 'lock-lost';
    return isLost ? error.problem : undefined;
  }
}

const endLimitMs = 10_000;

/**
 * Runs that are not over by their journals here, and that another host has ended since: their journals are brought up
 * to date. The end of one here that the store does not have yet is shared. Gives what the operator should know. A store
 * that does not answer changes nothing.
 */
export async function endElsewhere({
  host,
  opened,
  signals,
}: SessionRequest): Promise<readonly string[]> {
  const store = await storeOf(opened);
  if (!store) {
    return [];
  }
  const open = openRuns(host).filter((progress) => {
    const {store: named, inventory} = progress.run;
    return (
      named !== undefined && inventory.name === opened.inventory.name && !workerOn(host, progress)
    );
  });
  for (const {run} of open) {
    const sharing = {store, run: run.run};
    const shared = await sharedJournalOf(sharing, signals.stopping).catch(() => null);
    const progress = shared && progressOf(shared.entries);
    const path = host.state.journalOf(run.run);
    if (shared && progress && isOver(progress) && !hasActedAlone(path, shared.entries)) {
      installJournal(path, shared.text);
    }
  }
  const {clock} = opened.world;
  const ended = {host, store, clock, runs: host.state.runs()};
  const time = {clock, ms: endLimitMs, signal: signals.stopping};
  const shared = await withinMs(time, (limited) => shareEnded(ended, limited)).catch(() => []);
  signals.stopping.throwIfAborted();
  return shared.map(
    (run) => `${store.place} did not have the whole journal of ${run}. It has it now.`,
  );
}

/** Whether this host did anything that the store does not have: then its journal here is the only record of that. */
function hasActedAlone(path: string, shared: readonly JournalEntry[]): boolean {
  const {entries} = readJournal(path);
  const from = sameEntries(entries, shared);
  return (
    entries.slice(from).some(({kind}) => kind === 'not-shared') || hasActedAfter(entries, from)
  );
}

/** What sharing the journal costs the outage, for the plan: as the store answers now. */
export async function storeRemarks(
  opened: Pick<OpenedWorld, 'inventory' | 'openByName' | 'runbook'>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const store = await storeOf(opened);
  if (!store) {
    return [];
  }
  const ms = await roundTripMs(store, signal).catch(() => null);
  if (ms === null) {
    return [`The journal is shared in ${store.place}, which does not answer now.`];
  }
  const count = barriersInOutage(opened.runbook);
  const cost =
    count === 0
      ? ''
      : ` If no step is repeated, the outage has up to ${count} such waits: about ${count * ms} ms in all.`;
  return [
    `The journal is shared in ${store.place}. Before a step changes something, it waits until the journal is there: about ${ms} ms now.${cost}`,
    ...(await foreignApprovalRemarks(opened.runbook, store, signal)),
  ];
}

/** Of a write that changes nothing, over an open connection; of a question, where no write was tried yet. */
async function roundTripMs(store: ObjectStore, signal: AbortSignal): Promise<number> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(endLimitMs)]);
  const text = await store.read(roundTripKey, limited);
  const ask = (): Promise<unknown> =>
    // Its own text: it does no harm where the condition is ignored.
    text === null ? store.keys(roundTripKey, limited) : store.add(roundTripKey, text, limited);
  // The first opens the connection.
  await ask();
  const askedMs = performance.now();
  await ask();
  return Math.round(performance.now() - askedMs);
}

/** An object that `store check` leaves in the store. No run has such a name. */
export const roundTripKey = 'check/round-trip';
