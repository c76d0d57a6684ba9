import {runbookDigest} from '../engine/digests.ts';
import {type Inventory, loadInventory} from '../inventory/inventory.ts';
import {sharedIn} from '../inventory/shared-in.ts';
import {minuteText, nextClosing, windowAt, windowText} from '../inventory/window.ts';
import {sameJson} from '../model/canonical.ts';
import {shifted} from '../model/moment.ts';
import type {SheetFacts} from '../report/index.ts';
import {compareRuns} from './compare-runs.ts';
import {describedRunbook} from './described-runbook.ts';
import {forecasterFor} from './forecasts.ts';
import type {Host} from './host.ts';
import {lastPreflight} from './kept-findings.ts';
import {readableProgress} from './past-runs.ts';
import {lastPlanOf} from './plan-store.ts';
import {type ReadRequest, readRunbook} from './read-runbook.ts';
import {storeKindOf} from './store-kind.ts';

const mostRehearsals = 8;

/** Everything that those who approve a change ask for. Contacts no system. */
export async function sheetFacts(
  host: Pick<Host, 'state'>,
  request: ReadRequest & {readonly inventory: string; readonly store?: string | undefined},
  now: Date,
): Promise<Omit<SheetFacts, 'commands'>> {
  const inventory = sharedIn(loadInventory(request.inventory, host.state.path), request.store);
  await storeKindOf(inventory);
  const {runbook, people, alsoWritten} = await describedRunbook(host, request);
  const {params} = await readRunbook(host, request);
  const digest = runbookDigest(runbook);
  const about = {runbook, inventory: inventory.name, params};
  const plan = lastPlanOf(host, runbook.head.name, inventory.name);
  return {
    ...{runbook, people, alsoWritten, runbookDigest: digest, now},
    inventory: {name: inventory.name, protected: inventory.protected},
    ...(inventory.window ? {window: windowFacts(inventory.window, now)} : {}),
    forecast: forecasterFor(host, about)(),
    rehearsals: rehearsalsOf(host, runbook.head.name, digest),
    preflight: lastPreflight(host, inventory.name),
    plan: plan
      ? {
          ...{digest: plan.plan.digest, atUtc: plan.at.toISOString()},
          isCurrent:
            plan.plan.runbook.digest === digest &&
            plan.plan.inventory.digest === inventory.digest &&
            sameJson(plan.plan.params, params),
        }
      : null,
  };
}

/** A sheet asks no system: the plan says whether the calendar is open. */
export function windowFacts(
  window: NonNullable<Inventory['window']>,
  now: Date,
): NonNullable<SheetFacts['window']> {
  const closing = nextClosing(window, now);
  const hasCalendar = window.calendar !== undefined;
  const {text} = windowAt(window, now);
  return {
    text: windowText(window) || 'at any time',
    stateText: hasCalendar ? `${text} The plan says whether the calendar is open.` : text,
    hasCalendar,
    ...(closing
      ? {beforeEnd: (ms: number) => minuteText(shifted(closing, -ms), window.timeZone)}
      : {}),
  };
}

/** The newest first. */
function rehearsalsOf(host: Pick<Host, 'state'>, runbook: string, digest: string) {
  const digests = new Map(
    host.state.runs().flatMap((name) => {
      const run = readableProgress(host, name)?.run;
      const isOne = run?.rehearsal && run.runbook.name === runbook;
      return isOne ? [[name, run.runbook.digest] as const] : [];
    }),
  );
  const [newest, ...others] = [...digests.keys()].slice(0, mostRehearsals);
  return newest === undefined
    ? []
    : compareRuns(host, newest, others)
        .toReversed()
        .map((run) => ({...run, isOfThisRunbook: digests.get(run.run) === digest}));
}
