import {z} from 'zod';
import type {Difference} from '../../../src/index.ts';
import type {HostsLook, UnitState} from '../contract.ts';
import {onEveryHost, type PerHost} from '../group/per-host.ts';

export const unitName = z
  .string()
  .regex(/^[\w:.\\@][\w:.\\@-]*\.(service|socket|timer|path|target|slice|mount|automount|swap)$/);

/** A unit before the run. */
export const unitBefore = z.object({
  unit: z.string(),
  activeState: z.string(),
  unitFileState: z.string(),
  /** Whether the folder for drop-ins was there. */
  dropInFolder: z.boolean(),
  /** Running targets that a stop of the unit stops: they are started again with it. */
  targets: z.array(z.string()),
});
export type UnitBefore = z.output<typeof unitBefore>;

/** The state of the units on each host, also of those that a host does not have. */
export async function readUnits(
  look: HostsLook,
  units: readonly string[],
): Promise<PerHost<readonly UnitState[]>> {
  return onEveryHost(look.targets.hosts.hosts, (host) => host.units(units, look.run, look.signal));
}

export const isPresent = ({loadState}: UnitState): boolean => loadState !== 'not-found';
export const isDown = ({activeState}: UnitState): boolean =>
  ['inactive', 'failed'].includes(activeState);

const changingStates = ['activating', 'deactivating', 'reloading'];

/** Units that are neither up nor down yet. A unit that this entry has blocked is not waited for. */
export const changingUnits = (units: PerHost<readonly UnitState[]>): readonly string[] =>
  units.flatMap(({host, value}) =>
    value
      .filter(({activeState, block}) => block === 'none' && changingStates.includes(activeState))
      .map(({unit, activeState}) => `${unit} on ${host} is ${activeState}`),
  );

export const beforeOf = ({
  unit,
  activeState,
  unitFileState,
  dropInFolder,
  stopsTargets,
}: UnitState): UnitBefore => ({
  unit,
  activeState,
  unitFileState,
  dropInFolder,
  targets: [...stopsTargets],
});

export const differencesOf = (units: PerHost<readonly UnitState[]>): readonly Difference[] =>
  units.flatMap(({host, value}) =>
    value
      .filter((state) => isPresent(state) && (state.block !== 'whole' || !isDown(state)))
      .map(({unit, activeState, block}) => ({
        what: `${unit} on ${host}`,
        is: `${activeState}, ${block === 'whole' ? 'prevented from starting' : 'can be started'}`,
        shouldBe: 'inactive, prevented from starting',
      })),
  );
