import type {RunnerSilence} from '../report/index.ts';
import type {Asked, UnitRow} from './rows.ts';
import {silentSeconds} from './rows.ts';

/**
 * The runners that have units under way, and do not answer. While PostgreSQL was away nobody could be heard; who ended
 * said so.
 */
export async function silentRunners(asked: Asked): Promise<ReadonlyMap<string, RunnerSilence>> {
  const {rows} = await asked.query(
    `SELECT runner, host, folder, CASE WHEN beat > '-infinity' THEN beat END AS since
     FROM switcharoo_fleet.runner r
     WHERE (beat = '-infinity' OR
       extract(epoch FROM clock_timestamp() - greatest(beat, pg_postmaster_start_time())) > $1)
       AND EXISTS (SELECT FROM switcharoo_fleet.unit u
         WHERE u.runner = r.runner AND u.status = 'running')`,
    [silentSeconds],
  );
  return new Map(
    rows.map(({runner, host, folder, since}) => [
      runner,
      {host, folder, sinceUtc: since === null ? null : since.toISOString()},
    ]),
  );
}

/** Of the runner of a unit under way; `undefined` if it answers. */
export const silenceOf = async (
  asked: Asked,
  {status, runner}: UnitRow,
): Promise<RunnerSilence | undefined> =>
  status === 'running' ? (await silentRunners(asked)).get(runner ?? '') : undefined;
