import type {Fleet} from '../model/fleet.ts';
import {refuseAny} from '../model/problem.ts';
import {earlierWaveUnfinished, unitStarted} from './engine-problems.ts';
import type {Asked, UnitRow, UnitWork} from './rows.ts';

/** A unit as it is written down when its wave starts. */
export interface StartedUnit {
  readonly id: string;
  readonly work: UnitWork;
  readonly resources: readonly string[];
  readonly after: readonly string[];
}

/** Units sort by their wave, and in it as they may begin. */
const placesAWave = 100_000;

/** One that was left out of an earlier wave is moved into this one: nothing of it is in place. */
export const writeUnits = async (
  client: Asked,
  {fleet, wave, place}: {readonly fleet: string; readonly wave: string; readonly place: number},
  units: readonly StartedUnit[],
): Promise<void> => {
  await client.query(
    `INSERT INTO switcharoo_fleet.unit (fleet, wave, unit, place, work, resources, after)
     SELECT $1, $2, u.id, $3 + u.place, u.work,
       ARRAY(SELECT jsonb_array_elements_text(u.resources)),
       ARRAY(SELECT jsonb_array_elements_text(u.after))
     FROM jsonb_to_recordset($4)
       AS u (id text, place int, work jsonb, resources jsonb, after jsonb)
     ON CONFLICT (fleet, unit) DO UPDATE SET wave = excluded.wave, place = excluded.place,
       work = excluded.work, resources = excluded.resources, after = excluded.after,
       status = 'waiting', by_person = false, run = NULL, home = NULL, phase = NULL,
       problem = NULL, changed_at = now()
     WHERE unit.status = 'left-out'`,
    [
      ...[fleet, wave, place * placesAWave],
      JSON.stringify(units.map((unit, at) => ({...unit, place: at}))),
    ],
  );
};

/** The waves that the file names before this one, and what was started, wherever the file has it by now. */
export function refuseUnfinished({waves}: Fleet, wave: string, rows: readonly UnitRow[]): void {
  const isOver = ({status}: UnitRow): boolean => status === 'done' || status === 'left-out';
  const over = new Set(rows.filter(isOver).map(({unit}) => unit));
  const names = Object.keys(waves);
  const left = new Map<string, Set<string>>();
  const wait = (name: string, unit: string): void => {
    if (!over.has(unit)) {
      left.set(name, (left.get(name) ?? new Set()).add(unit));
    }
  };
  for (const name of names.slice(0, names.indexOf(wave))) {
    for (const unit of Object.keys(waves[name]?.units ?? {})) {
      wait(name, unit);
    }
  }
  for (const row of rows) {
    wait(row.wave, row.unit);
  }
  refuseAny([...left].map(([name, units]) => earlierWaveUnfinished(wave, name, [...units])));
}

/** A unit is moved once in a fleet. */
export function refuseStarted(
  wave: string,
  units: readonly StartedUnit[],
  rows: readonly UnitRow[],
): void {
  const started = new Map(rows.map((row) => [row.unit, row]));
  refuseAny(
    units.flatMap(({id}) => {
      const row = started.get(id);
      return row && row.status !== 'left-out' ? [unitStarted(row, wave)] : [];
    }),
  );
}
