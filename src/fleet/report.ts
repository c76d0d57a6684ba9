import {readJournal} from '../journal/read-journal.ts';
import {outageOf} from '../model/outage.ts';
import {type FleetReport, reportOf} from '../report/index.ts';
import type {Host} from '../run/host.ts';
import type {FleetDatabase} from './database.ts';
import {fleetStatus} from './status.ts';

/** What the rows say, and the journals in this state folder. One that cannot be read is left out. */
export async function fleetReport(
  {state}: Pick<Host, 'state'>,
  database: Pick<FleetDatabase, 'pool' | 'transaction'>,
  fleet: string,
): Promise<FleetReport> {
  const status = await fleetStatus(database, fleet);
  const {rows} = await database.pool.query(
    'SELECT * FROM switcharoo_fleet.event WHERE fleet = $1 ORDER BY id',
    [fleet],
  );
  const here = new Set(state.runs());
  const runs = status.waves
    .flatMap(({units}) => units)
    .flatMap(({run}) => (run !== null && here.has(run) ? [run] : []));
  return {
    ...status,
    events: rows.map(({at, role, operator, what, wave, unit, note}) => ({
      ...{atUtc: at.toISOString(), role, operator, what, wave, unit, note},
    })),
    figures: Object.fromEntries(runs.flatMap((run) => figuresOf(state, run))),
  };
}

function figuresOf(state: Host['state'], run: string): readonly (readonly [string, Figures])[] {
  try {
    const {entries} = readJournal(state.journalOf(run));
    const {startedAtUtc, endedAtUtc, machineMs} = reportOf(entries);
    const [first] = entries;
    const window = first?.kind === 'run-started' ? first.runbook.outage : undefined;
    const outageMs = window ? outageOf(entries, window).totalMs : null;
    return [[run, {startedAtUtc, endedAtUtc, machineMs, outageMs}]];
  } catch {
    return [];
  }
}

type Figures = FleetReport['figures'][string];
