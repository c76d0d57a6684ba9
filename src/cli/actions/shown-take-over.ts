import type {Inventory} from '../../inventory/inventory.ts';
import {durationText} from '../../model/duration.ts';
import type {ObjectStore} from '../../model/object-store.ts';
import {outageOf} from '../../model/outage.ts';
import {type Problem, SwitcharooError} from '../../model/problem.ts';
import {flow, statusText} from '../../report/index.ts';
import type {Act} from '../../run/in-flight.ts';
import {type EndedHold, endHolds} from '../../run/inventory-claims.ts';
import {timeAfter} from '../../run/machine-clock.ts';
import {type SharedRun, unheardActions} from '../../run/shared-run.ts';
import {operatorText, takeOverRun} from '../../run/take-over-run.ts';
import type {App} from '../app.ts';
import {askName} from '../ask-name.ts';
import {sharedHolder} from './status.ts';

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

/** Takes a run over from another host, after its state was shown and its name was typed. */
export async function takeOverShown(
  app: App,
  {store, inventory, file, shared, isSure, confirmation, again}: ShownTakeOver,
  signal: AbortSignal,
): Promise<readonly EndedHold[]> {
  const {run} = shared.progress.run;
  if (!app.json) {
    app.print(summaryOf(app, shared));
  }
  if (inventory.digest !== shared.progress.run.inventory.digest) {
    app.say(differentInventory(file));
  }
  for (const act of unheardActions(app, shared)) {
    app.say(unheard(act));
  }
  await confirmRun(app, {run, confirmation, again});
  let held: readonly EndedHold[] = [];
  await takeOverRun(
    {
      ...{host: app, store, shared, isSure},
      whenTaken: async (taken) => {
        app.say(fencedText(taken));
        held = await endHolds(app, file, {run, whileActing: whileActingIn(taken)}, signal);
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
): Promise<void> {
  if ((confirmation ?? (await askName(app, run))) !== run) {
    throw new SwitcharooError(notConfirmed(run, again));
  }
}

/** All that somebody needs to know who has not worked on it. */
function summaryOf(app: App, shared: SharedRun): string {
  const {progress, entries, inFlight, waitMs} = shared;
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

function offerLines({operator}: App, {progress}: SharedRun): readonly string[] {
  const {handedOverTo: to} = progress;
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

/** By the names of the inventory. */
function whileActingIn({progress, entries}: SharedRun): readonly string[] {
  const {targets = {}} = progress.run;
  const claimed = entries.findLast(({kind}) => kind === 'systems-claimed');
  return claimed?.kind === 'systems-claimed'
    ? claimed.whileActing.map((name) => targets[name] ?? name)
    : [];
}

const waitingText = (leftMs: number): string =>
  `Waiting for an action that may be in flight there: ${durationText(Math.ceil(leftMs / 1_000) * 1_000)} at most`;

const differentInventory = (file: string): string =>
  `! ${file} here is not the inventory that the run began with: resume and reverse will say what changed, and need --accept-changes.`;

const unheard = ({entry, does, target}: Act): string =>
  `! This host began "${does}" on ${target} for ${entry}, and could not share that. The run was continued elsewhere without it: check ${target} before you go on.`;

/** A reversal, and a run that goes on alone, wait for no store: only their claims keep them from acting. */
const waitsForNoStore = ({progress, entries}: SharedRun): boolean => {
  const resumed = entries.findLast(({kind}) => kind === 'run-resumed');
  const isAlone = resumed?.kind === 'run-resumed' && resumed.alone === true;
  return isAlone || progress.outcome === 'reversing' || progress.outcome === 'reverse-failed';
};

function fencedText(taken: SharedRun): string {
  const {run} = taken.progress.run;
  const from = operatorText(taken.progress);
  return waitsForNoStore(taken)
    ? `${run} is yours now. ! A reversal waits for no store: check that no process of ${from} works on it any more.`
    : `${run} is yours now. ${from} can start no more actions.`;
}

function holdText({target, problem}: EndedHold, {progress}: SharedRun): string {
  return problem
    ? `! ${target}: it is unknown whether ${operatorText(progress)} still has a claim there. ${problem.message}`
    : `${target}: ${operatorText(progress)} has no claim there any more. A statement that was sent before may still run.`;
}

const notConfirmed = (run: string, again: string): Problem => ({
  code: 'confirmation-mismatch',
  message: `${run} was not taken over: the name of the run was not confirmed.`,
  hint: {
    text: 'Type it when asked, or pass it with',
    command: again,
  },
});
