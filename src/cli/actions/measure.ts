import type {Lab, WriteCount} from '@switcharoo/lab';
import {makesConnections} from '../../model/effects.ts';
import type {EntryOf, FactOf, JournalEntry} from '../../model/journal.ts';
import {msBetween} from '../../model/moment.ts';
import type {FailedRequest, Measured, RunReport} from '../../report/index.ts';
import {keepMeasured} from '../../run/measurements.ts';
import type {Run} from '../../run/run.ts';
import type {App} from '../app.ts';

/** Adds to the journal what the clients measured: their writes, compared with the database that is in charge. */
export async function measure(app: App, run: Run, lab: Lab): Promise<RunReport> {
  const holds = holdsIn(run);
  const count = await lab.count(closedIn(run, holds));
  const frozen = await lab.freeze();
  const held = await heldIn(lab, holds);
  const {acknowledged, lost, duplicated, rows, outageMs, clients, lookups} = count;
  const {answered, failed, lastFailure: lastReadFailure} = clients.reads;
  const {inWindow, besideWindow, failures, ...requests} = clients.requests;
  const distances = await run.forecasts.distances();
  const measured = {
    outageMs,
    writes: {
      ...{acknowledged, lost, duplicated, failed: clients.refused + clients.unanswered},
      ...lastFailureIn(clients.lastFailure),
    },
    rows,
    ...promisedIn(run, count.kept),
    reads: {answered, failed, ...lastFailureIn(lastReadFailure)},
    lookups: {right: lookups.right, wrong: lookups.wrong},
    requests: {
      ...requests,
      ...(inWindow && besideWindow ? {inCutover: inWindow, beside: besideWindow} : {}),
      ...(failures.length > 0
        ? {failures: failures.map((failure) => ({...failure, ...holdOf(failure.atUtc, holds)}))}
        : {}),
    },
    ...(frozen.exchanges.length > 0 ? {roundTrips: frozen.roundTrips} : {}),
    ...(distances.length > 0 ? {distances} : {}),
    ...held,
  };
  keepMeasured(app.state, run.name, measured);
  return run.report(measured);
}

/** What the runbook promises: documents and keys of which its reversal brings back what the new side has written. */
function promisedIn({runbook}: Run, {documents, messages, sessions}: WriteCount['kept']) {
  const has = (unit: string) => runbook.entries.some((entry) => entry.unit.name === unit);
  const kept = {
    ...(has('documents.sync-last') ? {documents} : {}),
    ...(has('redis.copy-keys') ? {messages, sessions} : {}),
  };
  return Object.keys(kept).length === 0 ? {} : {kept};
}

const lastFailureIn = (failure: string | null) => (failure === null ? {} : {lastFailure: failure});

/** A time in which new connections waited. */
interface Hold {
  /** When the wait for the requests under way began: nobody is held in it. */
  readonly waitsFrom: JournalEntry;
  readonly from: EntryOf<'action-intended'>;
  readonly to: JournalEntry;
}

type Way = FactOf<'action-intended'>['way'];

/** A reversal holds connections too: it undoes their release first, and the hold last. */
function holdsIn({runbook, entries}: Run): readonly Hold[] {
  const [holders, releasers] = (['held', 'released'] as const).map(
    (are) =>
      new Set(runbook.entries.filter(({unit}) => makesConnections(unit, are)).map(({id}) => id)),
  );
  const isOf = (entry: string, way: Way, begins: boolean) =>
    ((way === 'forward') === begins ? holders : releasers)?.has(entry);
  const holds: Hold[] = [];
  let holding: Pick<Hold, 'waitsFrom' | 'from'> | undefined;
  for (const entry of entries) {
    if (entry.kind === 'entry-started' && holders?.has(entry.entry)) {
      holding = undefined;
    } else if (entry.kind === 'action-intended' && isOf(entry.entry, entry.way, true)) {
      // Its last action is the one that holds: before that it waits for what is open.
      holding = {waitsFrom: holding?.waitsFrom ?? entry, from: entry};
    } else if (
      holding &&
      entry.kind === 'action-performed' &&
      isOf(entry.entry, entry.way, false)
    ) {
      holds.push({...holding, to: entry});
      holding = undefined;
    }
  }
  return holds;
}

/** The longest hold of each direction, with the round trips in it. */
async function heldIn(
  lab: Lab,
  holds: readonly Hold[],
): Promise<Pick<Measured, 'hold' | 'reversal'>> {
  const trips = await lab.held(holds.map(windowOf));
  const longest = (way: 'forward' | 'reverse') =>
    holds
      .map((hold, index) => ({hold, ms: msBetween(hold.from, hold.to), trips: trips[index]}))
      .filter(({hold}) => hold.from.way === way)
      .toSorted((a, b) => b.ms - a.ms)[0];
  const [forward, reverse] = [longest('forward'), longest('reverse')];
  return {
    ...(forward ? {hold: holdOfTrips(forward)} : {}),
    ...(reverse
      ? {
          reversal: {
            hold: holdOfTrips(reverse),
            ...(reverse.trips?.closed ? {roundTrips: reverse.trips.closed} : {}),
          },
        }
      : {}),
  };
}

interface LongestHold {
  readonly hold: Hold;
  readonly ms: number;
  readonly trips: {readonly held: number} | undefined;
}

const holdOfTrips = ({hold: {waitsFrom, from}, ms, trips}: LongestHold) => ({
  ms,
  ...(waitsFrom === from ? {} : {waitedMs: msBetween(waitsFrom, from)}),
  ...(trips && trips.held > 0 ? {roundTrips: trips.held} : {}),
});

const windowOf = ({from, to}: Hold) => ({
  fromMs: Date.parse(from.atUtc),
  toMs: Date.parse(to.atUtc),
});

/** When connections were held or writes refused, in milliseconds since 1970, as the clients have it. */
function closedIn(run: Run, holds: readonly Hold[]) {
  const spans = [
    ...holds.map(({from, to}) => ({fromUtc: from.atUtc, toUtc: to.atUtc})),
    ...run.report().outages,
  ];
  return spans.length === 0
    ? undefined
    : spans.map(({fromUtc, toUtc}) => ({fromMs: Date.parse(fromUtc), toMs: Date.parse(toUtc)}));
}

/** The hold that is nearest to the begin of a request. */
function holdOf(atUtc: string, holds: readonly Hold[]): Pick<FailedRequest, 'hold'> {
  const [nearest] = holds
    .map(({from, to}) => {
      const sinceBegin = Date.parse(atUtc) - Date.parse(from.atUtc);
      const sinceEnd = Date.parse(atUtc) - Date.parse(to.atUtc);
      if (sinceBegin < 0) {
        return {began: 'before', ms: -sinceBegin, distance: -sinceBegin} as const;
      }
      return sinceEnd > 0
        ? ({began: 'after', ms: sinceEnd, distance: sinceEnd} as const)
        : ({began: 'in', ms: sinceBegin, distance: 0} as const);
    })
    .toSorted((a, b) => a.distance - b.distance);
  return nearest ? {hold: {began: nearest.began, ms: nearest.ms}} : {};
}
