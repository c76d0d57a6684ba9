import {type Fleet, sharedResources} from '../model/fleet.ts';
import {refuseAny, SwitcharooError} from '../model/problem.ts';
import type {Host} from '../run/host.ts';
import {collisionsIn} from './collisions.ts';
import {type DescribedUnit, describedUnits} from './described-units.ts';
import {waveNotInFile} from './engine-problems.ts';
import {loadFleet} from './fleet-file.ts';
import {digestOfUnits} from './fleet-plan.ts';
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

const started = ({id, after, shared, ...unit}: DescribedUnit): StartedUnit => {
  const {runbook, inventory, params, targets, answers} = unit;
  const digests = {runbook: unit.runbookDigest, inventory: unit.inventoryDigest};
  return {
    id,
    after,
    work: {
      ...{runbook, inventory, digests},
      ...(params ? {params} : {}),
      ...(targets ? {targets} : {}),
      ...(answers ? {answers} : {}),
    },
    resources: sharedResources.flatMap((resource) =>
      (shared[resource] ?? []).map((name) => `${resource}:${name}`),
    ),
  };
};
