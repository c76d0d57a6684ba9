import type {LabVariables} from '../inventory/inventory.ts';
import {windowText} from '../inventory/window.ts';
import {digestOf} from '../model/canonical.ts';
import type {Fleet} from '../model/fleet.ts';
import {shellWord} from '../model/hint.ts';
import {refuseAny, SwitcharooError} from '../model/problem.ts';
import type {FleetPlan} from '../report/index.ts';
import type {Host} from '../run/host.ts';
import {MachineClock} from '../run/machine-clock.ts';
import {approvalRemarks, collisionsIn, remarksOn} from './collisions.ts';
import {type DescribedUnit, describedUnits} from './described-units.ts';
import {waveNotInFile} from './engine-problems.ts';
import {loadFleet} from './fleet-file.ts';
import {waveForecasts} from './night.ts';
import {fleetRehearsals, isMissing, rehearsalRemark} from './rehearsals.ts';
import {sharedSystemsIn} from './shared-systems.ts';

/**
 * Reads a fleet with the runbooks and inventories of its units, and plans its waves. Contacts no system.
 * `isOwnServer`: its state will be in the PostgreSQL of the state folder. `from`: the wave that starts `now`; those
 * before it are done. `nextLab`: no lab is up, and this is what it would be like.
 *
 * @throws ProblemsError when a unit is not valid, or when units would collide
 */
export async function planFleet(
  host: Pick<Host, 'state'>,
  path: string,
  {isOwnServer = false, now = new MachineClock().now(), from, nextLab}: PlanOptions = {},
): Promise<FleetPlan> {
  const {file, fleet: whole} = await loadFleet(path);
  const all = await describedUnits(host, whole, nextLab);
  refuseAny(collisionsIn(whole, all));
  const fleet = fleetFrom(file, whole, from);
  const units = all.filter(({wave}) => Object.hasOwn(fleet.waves, wave));
  const forecast = waveForecasts(fleet, units, now);
  const rehearsals = fleetRehearsals(host, units);
  const inNextLab = nextLab ? units.filter(({isLab}) => isLab) : [];
  const waves = forecast.map(({wave, run, notMeasured, units: forecasts}) => {
    const {approve} = fleet.waves[wave] ?? {};
    const own = units.filter((unit) => unit.wave === wave);
    const planned = own.map((unit) => {
      const {unit: _unit, ...forecast} = forecasts.find((each) => each.unit === unit.id) ?? {};
      return {
        ...{unit: unit.id, runbook: unit.runbookName, inventory: unit.inventoryName},
        ...{after: unit.after, ...forecast},
        ...(unit.team === undefined ? {} : {team: unit.team}),
        ...(unit.network === undefined ? {} : {network: unit.network}),
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
      ...(from === undefined ? {} : {from}),
      digest: digestOfUnits(all, whole),
      atOnce: fleet.atOnce ?? {},
      waves,
    },
    remarks: [
      ...forecast.flatMap(({remarks}) => remarks),
      ...remarksOn(fleet, units),
      ...(isOwnServer ? approvalRemarks(fleet) : []),
      ...rehearsals.flatMap(rehearsalRemark),
      ...labRemark(inNextLab),
    ],
    // In this order. The start is named in any case: not every unit can be rehearsed in the lab.
    next: [
      ...(rehearsals.some(isMissing) ? [`fleet rehearse ${shellWord(path)}`] : []),
      ...(inNextLab.length === 0 ? [] : ['lab up']),
      startCommand(fleet, path),
    ],
  };
}

interface PlanOptions {
  readonly isOwnServer?: boolean;
  readonly now?: Date;
  readonly from?: string | undefined;
  readonly nextLab?: LabVariables | undefined;
}

/** Without the waves before `from`. */
function fleetFrom(file: string, fleet: Fleet, from: string | undefined): Fleet {
  const names = Object.keys(fleet.waves);
  if (from !== undefined && !names.includes(from)) {
    throw new SwitcharooError(waveNotInFile(file, from, names));
  }
  const later = Object.entries(fleet.waves).slice(from === undefined ? 0 : names.indexOf(from));
  return {...fleet, waves: Object.fromEntries(later)};
}

/** Of all that would be done: another runbook, inventory, parameter, order or limit is another fleet. */
export const digestOfUnits = (
  units: readonly DescribedUnit[],
  {atOnce = {}}: Pick<Fleet, 'atOnce'>,
  approve: unknown = null,
): string =>
  digestOf([
    ...units.map(({id, wave, after, team, network, params, targets, answers, ...read}) => [
      ...[id, wave, after, team ?? null, params ?? {}, targets ?? {}, answers ?? {}],
      ...[read.runbookDigest, read.inventoryDigest],
      ...(network === undefined ? [] : [network]),
    ]),
    ...[atOnce, approve],
  ]);

/** Starts its first wave. */
function startCommand({waves}: Fleet, path: string): string {
  const [first = ''] = Object.keys(waves);
  return `fleet start ${shellWord(first)} --file ${shellWord(path)}`;
}

/** A wave with units in the lab can start only while a lab is up. */
function labRemark(inLab: readonly DescribedUnit[]): readonly string[] {
  return inLab.length === 0
    ? []
    : [
        `No lab is running. Start one before the wave of ${inLab.map(({id}) => id).join(', ')}: lab up. The plan then has other digests.`,
      ];
}
