import type {Inventory} from '../../inventory/inventory.ts';
import {sharedJournalOf} from '../../journal/open-shared-log.ts';
import {durationText} from '../../model/duration.ts';
import type {Act} from '../../model/in-flight.ts';
import type {JournalEntry} from '../../model/journal.ts';
import type {ObjectStore} from '../../model/object-store.ts';
import {outageOf} from '../../model/outage.ts';
import {type Problem, SwitcharooError} from '../../model/problem.ts';
import {progressAfter} from '../../model/progress.ts';
import {flow, statusText} from '../../report/index.ts';
import {earlierHolder, operatorText, unfinishedTakeOver} from '../../run/earlier-holder.ts';
import {
  type ClaimedTargets,
  type EndedHold,
  endHolds,
  type OpenClaims,
  openClaims,
} from '../../run/inventory-claims.ts';
import {timeAfter} from '../../run/machine-clock.ts';
import type {SharedRun} from '../../run/shared-run.ts';
import {sharedHolder} from '../../run/shown-holder.ts';
import {takeOverRun} from '../../run/take-over-run.ts';
import {type UnsharedPart, unsharedPart} from '../../run/unshared-part.ts';
import type {App} from '../app.ts';
import {askName} from '../ask-name.ts';

interface ShownTakeOver {
  readonly store: ObjectStore;
  readonly inventory: Inventory;
  /** As it was given. */
  readonly file: string;
  readonly shared: SharedRun;
  /** Nothing of the earlier holder is in flight. */
  readonly isSure: boolean;
  /** The name of the run, if it was given on the command line. */
  readonly confirmation: string | undefined;
  /** The command that confirms it. */
  readonly again: string;
}

interface TakenOver {
  readonly held: readonly EndedHold[];
  /** So many entries of this host came into the store. */
  readonly added: number;
}

/** Takes a run over from another host, after its state was shown and its name was typed. */
export async function takeOverShown(
  app: App,
  taking: ShownTakeOver,
  signal: AbortSignal,
): Promise<TakenOver> {
  const {inventory, file, shared} = taking;
  const part = unsharedPart(app, shared.progress.run.run, shared);
  const added = part?.isStillTrue ? part.entries : [];
  if (!app.json) {
    app.print(summaryOf(app, shared, withAdded(shared, added)));
  }
  if (inventory.digest !== shared.progress.run.inventory.digest) {
    app.say(differentInventory(file));
  }
  for (const line of part ? unsharedLines(part) : []) {
    app.say(line);
  }
  // Before anybody is stopped: this host must be able to go on.
  const claims = await openClaims(app, inventory, signal, claimedIn(withAdded(shared, added)).ever);
  try {
    const held = await confirmed(app, taking, {claims, added}, signal);
    return {held, added: added.length};
  } finally {
    await claims.close();
  }
}

async function confirmed(
  app: App,
  {store, shared, isSure, confirmation, again}: ShownTakeOver,
  {claims, added}: {readonly claims: OpenClaims; readonly added: readonly JournalEntry[]},
  signal: AbortSignal,
): Promise<readonly EndedHold[]> {
  const {run} = shared.progress.run;
  await confirmRun(app, {run, confirmation, again}, signal);
  let held: readonly EndedHold[] = [];
  await takeOverRun(
    {
      ...{host: app, store, shared, isSure, again},
      whenTaken: async (taken) => {
        for (const line of fencedLines(app, taken)) {
          app.say(line);
        }
        held = await endHolds(claims, run, claimedIn(withAdded(taken, added)), signal);
        for (const hold of held) {
          app.say(holdText(hold, shared));
        }
      },
      waiting: (leftMs) => app.waiting(waitingText(leftMs)),
    },
    signal,
  );
  return held;
}

/** Has the name of the run typed, unless it was given. */
export async function confirmRun(
  app: App,
  {run, confirmation, again}: Pick<ShownTakeOver, 'confirmation' | 'again'> & {run: string},
  signal?: AbortSignal,
): Promise<void> {
  if ((confirmation ?? (await askName(app, {run, signal}))) !== run) {
    throw new SwitcharooError(notConfirmed(run, again));
  }
}

type SharedState = Pick<SharedRun, 'progress' | 'entries'>;

/** The state of a run with what this host did alone. */
const withAdded = (
  {progress, entries}: SharedState,
  added: readonly JournalEntry[],
): SharedState => ({
  progress: added.reduce((before, entry) => progressAfter(before, entry) ?? before, progress),
  entries: [...entries, ...added],
});

/** All that somebody needs to know who has not worked on it. */
function summaryOf(app: App, shared: SharedRun, {progress, entries}: SharedState): string {
  const {inFlight, waitMs} = shared;
  const {outage: window} = progress.run.runbook;
  const holder = sharedHolder(progress);
  const status = statusText(progress, {
    ...app,
    now: timeAfter(progress.last),
    next: [],
    ...(holder ? {holder} : {}),
    ...(window ? {outage: outageOf(entries, window)} : {}),
  });
  const lines = [
    ...offerLines(app, shared),
    ...inFlight.map(({entry, does, target, limitMs}) =>
      limitMs === undefined
        ? `May be done by hand now: ${entry}, "${does}" on ${target}. Ask there.`
        : `May be in flight there: ${entry}, "${does}" on ${target}.`,
    ),
    ...(waitMs > 0
      ? [
          `The take-over waits ${durationText(waitMs)} at most, and less if that host reports that it has stopped.`,
        ]
      : []),
  ];
  return [status, '', ...lines.flatMap((line) => flow([line], app))].join('\n');
}

function offerLines({operator}: App, {progress, entries}: SharedRun): readonly string[] {
  const {handedOverTo: to} = progress;
  const unfinished = unfinishedTakeOver(entries);
  if (unfinished) {
    const by = operatorText(progress);
    return by === `${operator.user}@${operator.host}`
      ? [`Your take-over from ${unfinished.from} was not finished.`]
      : [
          `${by} began to take it over from ${unfinished.from}, and has not finished. If ${by} can still be reached, ask first.`,
        ];
  }
  const from = operatorText(progress);
  if (to === undefined) {
    return [
      `Last worked on by ${from}, who has not handed it over. If they can still be reached, ask first.`,
    ];
  }
  const isForMe = to === operator.user || to === `${operator.user}@${operator.host}`;
  return [
    isForMe
      ? `${from} has handed it over to you.`
      : `${from} has handed it over to ${to}. You are ${operator.user}@${operator.host}: ask ${to} first.`,
  ];
}

function claimedIn({progress, entries}: SharedState): ClaimedTargets {
  const {targets = {}} = progress.run;
  const claimed = entries.filter((fact) => fact.kind === 'systems-claimed');
  const named = (names: readonly string[] = []) => names.map((name) => targets[name] ?? name);
  return {
    ever: named(claimed.flatMap(({lasting, whileActing}) => [...lasting, ...whileActing])),
    whileActing: named(claimed.at(-1)?.whileActing),
  };
}

const waitingText = (leftMs: number): string =>
  `Waiting for an action that may be in flight there: ${durationText(Math.ceil(leftMs / 1_000) * 1_000)} at most`;

const differentInventory = (file: string): string =>
  `! ${file} here is not the inventory that the run began with: resume and reverse will say what changed, and need --accept-changes.`;

function unsharedLines({by, entries, acts, isStillTrue}: UnsharedPart): readonly string[] {
  const [lacks, are] =
    entries.length === 1
      ? ['this entry yet. It is', 'it']
      : [`these ${entries.length} entries yet. They are`, 'them'];
  return isStillTrue
    ? [
        `! ${by} worked on the run here while the store was away. The store does not have ${lacks} in the state above, and the take-over adds ${are}.`,
      ]
    : acts.map(unheard);
}

/** Names what this host did and a store does not know, of a run that is over there. */
export async function sayUnshared(
  app: App,
  store: ObjectStore,
  run: string,
  signal: AbortSignal,
): Promise<void> {
  const part = unsharedPart(app, run, await sharedJournalOf({store, run}, signal));
  for (const act of part?.acts ?? []) {
    app.say(unheard(act));
  }
}

const unheard = ({entry, does, target}: Act): string =>
  `! This host began "${does}" on ${target} for ${entry}, but could not write it to the store. The host that continued the run does not know of this action: check ${target}.`;

/** Who has handed a run over cannot go on, not even alone. The store need not know what else a host does. */
const mayGoOnAlone = ({progress}: SharedRun): boolean => progress.handedOverTo === undefined;

function fencedLines({operator}: App, taken: SharedRun): readonly string[] {
  const {run} = taken.progress.run;
  const from = earlierHolder(taken);
  if (!mayGoOnAlone(taken)) {
    return [`${run} is yours now. ${from} can start no more actions.`];
  }
  const [, host = ''] = from.split('@');
  const ask = `! Before you continue, ask ${from}: was anything done there while the store was away, or does a process still work on the run? If so, do not continue here. Take the run over on ${host} instead.`;
  return [`${run} is yours now.`, ...(host === operator.host ? [] : [ask])];
}

function holdText({target, keepsClaim, problem}: EndedHold, shared: SharedRun): string {
  const from = earlierHolder(shared);
  if (problem) {
    return `! ${target}: it is unknown whether ${from} still has a claim there. ${problem.message}`;
  }
  const sent = 'A statement that was sent before may still run.';
  return keepsClaim
    ? `${target}: the session of ${from} was ended. The claim of ${from} stays until the server accepts writes. ${sent}`
    : `${target}: ${from} has no claim there any more. ${sent}`;
}

const notConfirmed = (run: string, again: string): Problem => ({
  code: 'confirmation-mismatch',
  message: `${run} was not taken over: the name of the run was not confirmed.`,
  hint: {
    text: 'Type it when asked, or pass it with',
    command: again,
  },
});
