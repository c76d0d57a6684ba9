import {loadInventory} from '../inventory/inventory.ts';
import {closedTimes} from '../inventory/window.ts';
import {type Fleet, sharedResources} from '../model/fleet.ts';
import {refuseAny, SwitcharooError} from '../model/problem.ts';
import type {Host} from '../run/host.ts';
import {collisionsIn} from './collisions.ts';
import type {FleetDatabase} from './database.ts';
import {type DescribedUnit, describedUnits} from './described-units.ts';
import {waveNotInFile} from './engine-problems.ts';
import {loadFleet} from './fleet-file.ts';
import {digestOfUnits} from './fleet-plan.ts';
import {type UnitWork, unitsIn, wavesIn} from './rows.ts';
import type {StartedUnit} from './started-units.ts';

interface WaveToStart {
  readonly fleet: Fleet;
  readonly wave: string;
  /** Of its units, runbooks, inventories, approvers and limits: this is approved, and no other text of the file. */
  readonly digest: string;
  readonly units: readonly StartedUnit[];
  /** Units of an inventory that is protected. */
  readonly protectedUnits: readonly string[];
}

/** Reads a wave of a file, with the runbook and the inventory of each unit. Contacts no system. */
export async function waveToStart(
  host: Pick<Host, 'state'>,
  path: string,
  wave: string,
): Promise<WaveToStart> {
  const {file, fleet} = await loadFleet(path);
  const {approve} = fleet.waves[wave] ?? {};
  if (!Object.hasOwn(fleet.waves, wave)) {
    throw new SwitcharooError(waveNotInFile(file, wave, Object.keys(fleet.waves)));
  }
  const all = await describedUnits(host, fleet);
  refuseAny(collisionsIn(fleet, all));
  const units = all.filter((unit) => unit.wave === wave);
  const digest = digestOfUnits(units, fleet, approve ?? null);
  const protectedUnits = units.filter(({isProtected}) => isProtected).map(({id}) => id);
  return {fleet, wave, digest, units: units.map(started), protectedUnits};
}

/**
 * Units of a started wave whose inventory is protected, or cannot be read here as it was when the wave started. A wave
 * may have been started by another release, or by another way to the same PostgreSQL.
 */
export async function unprovenUnits(
  {pool}: Pick<FleetDatabase, 'pool'>,
  {state}: Pick<Host, 'state'>,
  {fleet, wave}: {readonly fleet: string; readonly wave: string},
): Promise<readonly string[]> {
  const needsApproval = (await wavesIn(pool, fleet)).some(
    (row) => row.wave === wave && row.approveOf > 0,
  );
  const units = (await unitsIn(pool, fleet)).filter((unit) => needsApproval && unit.wave === wave);
  return units.filter(({work}) => !isForTrial(work, state.path)).map(({unit}) => unit);
}

function isForTrial({inventory: file, digests}: UnitWork, stateFolder: string): boolean {
  try {
    const inventory = loadInventory(file, stateFolder);
    return !inventory.protected && inventory.digest === digests.inventory;
  } catch {
    return false;
  }
}

const started = ({id, after, shared, ...unit}: DescribedUnit): StartedUnit => {
  const {runbook, inventory, params, targets, answers, network, window} = unit;
  const digests = {runbook: unit.runbookDigest, inventory: unit.inventoryDigest};
  return {
    id,
    after,
    work: {
      ...{runbook, inventory, digests, isLab: unit.isLab},
      names: {runbook: unit.runbookName, inventory: unit.inventoryName},
      ...(params ? {params} : {}),
      ...(targets ? {targets} : {}),
      ...(answers ? {answers} : {}),
      ...(network === undefined ? {} : {network}),
      ...(window ? {closed: closedTimes(window)} : {}),
    },
    resources: sharedResources.flatMap((resource) =>
      (shared[resource] ?? []).map((name) => `${resource}:${name}`),
    ),
  };
};
