import {windowText} from '../inventory/window.ts';
import {digestOf} from '../model/canonical.ts';
import type {Fleet} from '../model/fleet.ts';
import {refuseAny} from '../model/problem.ts';
import type {FleetPlan} from '../report/index.ts';
import type {Host} from '../run/host.ts';
import {MachineClock} from '../run/machine-clock.ts';
import {approvalRemarks, collisionsIn, remarksOn} from './collisions.ts';
import {type DescribedUnit, describedUnits} from './described-units.ts';
import {loadFleet} from './fleet-file.ts';
import {waveForecasts} from './night.ts';
import {fleetRehearsals, rehearsalRemark} from './rehearsals.ts';
import {sharedSystemsIn} from './shared-systems.ts';

/**
 * Reads a fleet with the runbooks and inventories of its units, and plans its waves. Contacts no system. `isOwnServer`:
 * its state will be in the PostgreSQL of the state folder. `now`: when its first wave starts.
 *
 * @throws ProblemsError when a unit is not valid, or when units would collide
 */
export async function planFleet(
  host: Pick<Host, 'state'>,
  path: string,
  {isOwnServer = false, now = new MachineClock().now()} = {},
): Promise<FleetPlan> {
  const {file, fleet} = await loadFleet(path);
  const units = await describedUnits(host, fleet);
  refuseAny(collisionsIn(fleet, units));
  const forecast = waveForecasts(fleet, units, now);
  const waves = forecast.map(({wave, run, notMeasured, units: forecasts}) => {
    const {approve} = fleet.waves[wave] ?? {};
    const own = units.filter((unit) => unit.wave === wave);
    const planned = own.map((unit) => {
      const {unit: _unit, ...forecast} = forecasts.find((each) => each.unit === unit.id) ?? {};
      return {
        ...{unit: unit.id, runbook: unit.runbookName, inventory: unit.inventoryName},
        ...{after: unit.after, ...forecast},
        ...(unit.team === undefined ? {} : {team: unit.team}),
        ...(unit.window ? {window: windowText(unit.window)} : {}),
      };
    });
    const digest = digestOfUnits(own, fleet, approve ?? null);
    const shared = sharedSystemsIn(fleet, own);
    return {wave, digest, units: planned, run, notMeasured, shared, ...(approve ? {approve} : {})};
  });
  return {
    ...{
      fleet: fleet.name,
      file,
      digest: digestOfUnits(units, fleet),
      atOnce: fleet.atOnce ?? {},
      waves,
    },
    remarks: [
      ...forecast.flatMap(({remarks}) => remarks),
      ...remarksOn(fleet, units),
      ...(isOwnServer ? approvalRemarks(fleet) : []),
      ...(await rehearsalRemarks(host, units)),
    ],
  };
}

/** Of all that would be done: another runbook, inventory, parameter, order or limit is another fleet. */
export const digestOfUnits = (
  units: readonly DescribedUnit[],
  {atOnce = {}}: Pick<Fleet, 'atOnce'>,
  approve: unknown = null,
): string =>
  digestOf([
    ...units.map(({id, wave, after, team, params, targets, answers, ...read}) => [
      ...[id, wave, after, team ?? null, params ?? {}, targets ?? {}, answers ?? {}],
      ...[read.runbookDigest, read.inventoryDigest],
    ]),
    ...[atOnce, approve],
  ]);

async function rehearsalRemarks(
  host: Pick<Host, 'state'>,
  units: readonly DescribedUnit[],
): Promise<readonly string[]> {
  return (await fleetRehearsals(host, units)).flatMap((rehearsal) => rehearsalRemark(rehearsal));
}
