import {statusText} from '../model/unit-status.ts';
import type {Host} from '../run/host.ts';
import type {FleetDatabase} from './database.ts';
import {jsonOf, type UnitRow} from './rows.ts';
import {begunRun} from './unit-state.ts';

export interface StoredRow extends UnitRow {
  readonly fleet: string;
}

/** `endsOrder`: what a person ordered of it earlier no longer counts. */
export async function writeState(
  {
    database,
    say,
  }: {
    readonly database: Pick<FleetDatabase, 'pool'>;
    readonly say: (text: string) => void;
  },
  row: StoredRow,
  {
    status,
    problem,
    changes,
    inOutage,
  }: Pick<StoredRow, 'status' | 'problem' | 'changes' | 'inOutage'>,
  {endsOrder = false}: {readonly endsOrder?: boolean} = {},
): Promise<void> {
  const {rowCount} = await database.pool.query(
    `UPDATE switcharoo_fleet.unit
     SET status = $5, problem = $6, changes = $7, changed_at = now(),
       outage_since = CASE WHEN $8::boolean THEN coalesce(outage_since, clock_timestamp()) END,
       by_person = by_person AND NOT $9
     WHERE fleet = $1 AND unit = $2 AND attempt = $3 AND status = $4`,
    [
      ...[row.fleet, row.unit, row.attempt, row.status],
      ...[status, jsonOf(problem), changes, inOutage, endsOrder],
    ],
  );
  if (rowCount === 1 && status === 'offered' && row.status !== 'offered') {
    say(`${row.unit}: ${statusText(status)}: ${problem?.message ?? `${row.run} waits.`}`);
  }
}

/** One that cannot be read was reported as such. */
export function begunOrDamaged(host: Pick<Host, 'state'>, run: string | null) {
  try {
    return begunRun(host, run);
  } catch {
    return undefined;
  }
}
