import {existsSync} from 'node:fs';
import {resolve} from 'node:path';
import {namesIn} from '../../inventory/names.ts';
import {durationText} from '../../model/duration.ts';
import {shellWord} from '../../model/hint.ts';
import {outageOf} from '../../model/outage.ts';
import {type Problem, SwitcharooError} from '../../model/problem.ts';
import {flow, nextText, statusText} from '../../report/index.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {type EndedHold, endHolds} from '../../run/inventory-claims.ts';
import {timeAfter} from '../../run/machine-clock.ts';
import {openStore} from '../../run/open-store.ts';
import {operatorText, type SharedRun, sharedRunIn, takeOverRun} from '../../run/take-over-run.ts';
import type {App} from '../app.ts';
import {askName} from '../ask-name.ts';
import {printDocument} from '../print-document.ts';
import {listenToSignals} from '../signals.ts';
import {sharedHolder} from './status.ts';

interface TakeOverOptions {
  readonly inventory: string;
  readonly now: boolean;
  readonly name: string | undefined;
}

/** Takes a run over from another host, after its state was shown and its name was typed. */
export async function takeOver(
  app: App,
  name: string,
  {inventory: file, now, name: confirmation}: TakeOverOptions,
): Promise<ExitCode> {
  if (file.startsWith('s3://')) {
    throw new SwitcharooError(inventoryNeeded(name));
  }
  const signals = listenToSignals(app.say);
  const signal = signals.stopping;
  const {store, inventory, close} = await openStore(app, file, signal);
  try {
    app.waiting(`Reading the shared journals in ${store.place}`);
    const shared = await sharedRunIn(store, name, signal);
    const {run} = shared.progress.run;
    if (!app.json) {
      app.print(summaryOf(app, shared));
    }
    if (inventory.digest !== shared.progress.run.inventory.digest) {
      app.say(differentInventory(file));
    }
    if ((confirmation ?? (await askName(app, run))) !== run) {
      throw new SwitcharooError(notConfirmed(run, file));
    }
    let held: readonly EndedHold[] = [];
    await takeOverRun(
      {
        ...{host: app, store, shared, isSure: now},
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
    const resume = app.paste(`resume ${run}${movedFiles(shared, file)}`);
    const reverse = app.paste(`reverse ${run}${movedFiles(shared, file)}`);
    if (app.json) {
      printDocument(app, 'taken-over', {
        run,
        from: operatorText(shared.progress),
        inFlight: shared.inFlight.map(({seq: _, ...action}) => action),
        sessionsEnded: held.filter(({problem}) => !problem).map(({target}) => target),
        next: [resume, reverse],
      });
    } else {
      app.say(`The take-over of ${run} is complete.`);
      printNext(app, resume, reverse);
    }
    return exitCodes.done;
  } finally {
    await close();
    signals.dispose();
  }
}

function printNext(app: App, resume: string, reverse: string): void {
  const next = [
    {command: resume, what: 'continue the run'},
    {command: reverse, what: 'plan a reversal, ask for approval, and reverse'},
  ];
  app.print(['', app.paint.bold('Next'), ...nextText(next, app, '  ')].join('\n'));
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

/** Where the files of a run are on this host, as far as they are not where it found them. */
function movedFiles({progress}: SharedRun, inventory: string): string {
  const {run} = progress;
  const isThere = existsSync(run.runbook.file);
  const isNamed = namesIn('runbooks', '.ts').includes(run.runbook.name);
  const runbook = isThere ? '' : ` --runbook ${isNamed ? shellWord(run.runbook.name) : 'FILE'}`;
  const file = existsSync(run.inventory.file) && resolve(inventory) === run.inventory.file;
  return `${runbook}${file ? '' : ` -i ${shellWord(inventory)}`}`;
}

const notConfirmed = (run: string, inventory: string): Problem => ({
  code: 'confirmation-mismatch',
  message: `${run} was not taken over: the name of the run was not confirmed.`,
  hint: {
    text: 'Type it when asked, or pass it with',
    command: `take-over ${run} -i ${shellWord(inventory)} --name ${run}`,
  },
});

const inventoryNeeded = (run: string): Problem => ({
  code: 'inventory-needed',
  message: 'A store alone does not name the systems of a run: their claims cannot be ended.',
  hint: {text: 'Name the inventory of the run, with', command: `take-over ${run} -i INVENTORY`},
});
