import type {Lab} from '@switcharoo/lab';
import type {RunReport} from '../../report/index.ts';
import {keepMeasured} from '../../run/measurements.ts';
import type {Run} from '../../run/run.ts';
import type {App} from '../app.ts';

/** Adds to the journal what the clients measured: their writes, compared with the database that is in charge. */
export async function measure(app: App, run: Run, lab: Lab): Promise<RunReport> {
  const hold = holdIn(run);
  const [count, frozen] = [await lab.count(cutoverIn(run, hold)), await lab.freeze()];
  const {acknowledged, lost, duplicated, outageMs, clients, lookups} = count;
  const {answered, failed, lastFailure: lastReadFailure} = clients.reads;
  const {inWindow, besideWindow, ...requests} = clients.requests;
  const measured = {
    outageMs,
    writes: {
      ...{acknowledged, lost, duplicated, failed: clients.refused + clients.unanswered},
      ...lastFailureIn(clients.lastFailure),
    },
    reads: {answered, failed, ...lastFailureIn(lastReadFailure)},
    lookups: {right: lookups.right, wrong: lookups.wrong},
    requests: {
      ...requests,
      ...(inWindow && besideWindow ? {inCutover: inWindow, beside: besideWindow} : {}),
    },
    ...(frozen.exchanges.length > 0 ? {roundTrips: frozen.roundTrips} : {}),
    ...(hold ? {hold: {ms: hold.toMs - hold.fromMs}} : {}),
  };
  keepMeasured(app.state, run.name, measured);
  return run.report(measured);
}

const lastFailureIn = (failure: string | null) => (failure === null ? {} : {lastFailure: failure});

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** From the first hold of connections to the first release after it. */
function holdIn({runbook, entries}: Run): Span | undefined {
  const whose = (are: 'held' | 'released') =>
    new Set(
      runbook.entries
        .filter(({unit}) => {
          const effects = 'effects' in unit ? unit.effects : undefined;
          return (
            Array.isArray(effects) &&
            effects.some((effect) => effect.fact === 'connections' && effect.are === are)
          );
        })
        .map(({id}) => id),
    );
  const [holding, releasing] = [whose('held'), whose('released')];
  const from = entries.find(
    (entry) => entry.kind === 'action-intended' && holding.has(entry.entry),
  );
  const to = entries.find(
    (entry) =>
      from !== undefined &&
      entry.seq > from.seq &&
      entry.kind === 'action-performed' &&
      releasing.has(entry.entry),
  );
  return from && to ? {fromMs: Date.parse(from.atUtc), toMs: Date.parse(to.atUtc)} : undefined;
}

/** While connections were held or writes refused. */
function cutoverIn(run: Run, hold: Span | undefined): Span | undefined {
  const spans = [
    ...(hold ? [hold] : []),
    ...run
      .report()
      .outages.map(({fromUtc, toUtc}) => ({fromMs: Date.parse(fromUtc), toMs: Date.parse(toUtc)})),
  ];
  return spans.length === 0
    ? undefined
    : {
        fromMs: Math.min(...spans.map(({fromMs}) => fromMs)),
        toMs: Math.max(...spans.map(({toMs}) => toMs)),
      };
}
