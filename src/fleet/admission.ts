import type {FleetDatabase} from './database.ts';
import type {Enqueue} from './engine.ts';
import {
  type FleetRow,
  fleetIn,
  isApproved,
  type UnitRow,
  unitsIn,
  type WaveRow,
  wavesIn,
} from './rows.ts';

interface FleetState {
  readonly fleet: FleetRow;
  readonly waves: readonly WaveRow[];
  readonly units: readonly UnitRow[];
}

/** The units that may begin now, in their order. Those that are under way count against every limit. */
export function admissible({fleet, waves, units}: FleetState): readonly UnitRow[] {
  if (fleet.held) {
    return [];
  }
  const wellWaves = new Set(waves.filter((wave) => isOpen(wave, units)).map(({wave}) => wave));
  const done = new Set(units.filter(({status}) => status === 'done').map(({unit}) => unit));
  const used = new Map<string, number>();
  const use = ({resources}: UnitRow): void => {
    for (const resource of ['units', ...resources]) {
      used.set(resource, (used.get(resource) ?? 0) + 1);
    }
  };
  const fits = ({resources}: UnitRow): boolean =>
    ['units', ...resources].every((resource) => {
      const [kind = ''] = resource.split(':', 1);
      return (used.get(resource) ?? 0) < (fleet.atOnce[kind] ?? Number.POSITIVE_INFINITY);
    });
  units.filter(isUnderWay).forEach(use);
  return units.filter((unit) => {
    const may =
      unit.status === 'waiting' &&
      wellWaves.has(unit.wave) &&
      unit.after.every((before) => done.has(before)) &&
      fits(unit);
    if (may) {
      use(unit);
    }
    return may;
  });
}

/** One that waits for a person may be half-way: nobody else uses its systems meanwhile. */
const isUnderWay = ({status}: UnitRow): boolean =>
  status === 'admitted' || status === 'running' || status === 'offered';

/** One failure stops the wave: nothing new begins. */
const isOpen = (wave: WaveRow, units: readonly UnitRow[]): boolean =>
  isApproved(wave) &&
  !units.some(
    (unit) => unit.wave === wave.wave && (unit.status === 'failed' || unit.status === 'offered'),
  );

/**
 * Admits what may begin, and hands it to the engine, in one transaction: neither happens without the other. One process
 * at a time does so, and none while `hold` writes.
 */
export const admit = (
  {transaction}: Pick<FleetDatabase, 'transaction'>,
  fleetName: string,
  enqueue: Enqueue,
): Promise<readonly string[]> =>
  transaction(async (client) => {
    const fleet = await fleetIn(client, fleetName, 'FOR UPDATE');
    if (!fleet || fleet.held) {
      return [];
    }
    const waves = await wavesIn(client, fleetName);
    const units = admissible({fleet, waves, units: await unitsIn(client, fleetName)});
    for (const {unit, attempt, home, wave} of units) {
      await client.query(
        `UPDATE switcharoo_fleet.unit
         SET status = 'admitted', attempt = attempt + 1, changed_at = now(), problem = NULL
         WHERE fleet = $1 AND unit = $2`,
        [fleetName, unit],
      );
      await enqueue(client, {fleet: fleetName, wave, unit, attempt: attempt + 1, home});
    }
    return units.map(({unit}) => unit);
  });
