import {z} from 'zod';
import {type Blocked, blocked, type Difference} from '../../../src/index.ts';
import {placesOf, valuesOn} from '../shell/host-text.ts';
import {
  type HostsAction,
  type HostsLook,
  onEvery,
  onThose,
  type PerHost,
  whenAny,
} from '../target.ts';
import type {UnitState} from './systemd.ts';

/** What two steps share: units that are stopped and kept from starting. */
export const unitName = z.string().regex(/^[\w:.\\@][\w:.\\@-]*\.(service|socket|timer|path)$/);

/** A unit as it was before. */
export const unitBefore = z.object({
  unit: z.string(),
  activeState: z.string(),
  unitFileState: z.string(),
  /** Whether the folder for drop-ins was there. */
  dropInFolder: z.boolean(),
});
export type UnitBefore = z.output<typeof unitBefore>;

/** The units that each host has, of those asked for. */
export async function findUnits(
  look: HostsLook,
  units: readonly string[],
): Promise<PerHost<readonly UnitState[]>> {
  return onEvery(look.targets.hosts.hosts, (host) => host.units(units, look.run, look.signal));
}

/** Why these units cannot be stopped in a way that can be put back, if so. */
export function whyNot(
  found: PerHost<readonly UnitState[]>,
  units: readonly string[],
  group: string,
): Blocked | null {
  const missing = units.filter((unit) =>
    found.every(({value}) =>
      value.every((state) => state.unit !== unit || state.loadState === 'not-found'),
    ),
  );
  if (missing.length > 0) {
    return blocked(
      `No host of ${group} has the unit ${missing.join(', ')}.`,
      'Correct the name in the runbook, or the hosts in the inventory.',
    );
  }
  const states = found.flatMap(({host, value}) => value.map((state) => ({host, ...state})));
  const others = states.find(({otherBlocks}) => otherBlocks.length > 0);
  if (others !== undefined) {
    return blocked(
      `${others.unit} on ${others.host} is kept from starting by an earlier run: ${others.otherBlocks.join(', ')}.`,
      'Reverse that run first. If nothing is left of it, remove the file and run systemctl daemon-reload.',
    );
  }
  const gone = states.find((state) => !isDown(state) && state.block === 'none' && !state.comesBack);
  if (gone !== undefined) {
    return blocked(
      `${gone.unit} on ${gone.host} runs, but once it is stopped nobody could start it again.`,
      'It is masked, transient or refuses a start by hand: systemctl show -p LoadState,Transient,CanStart tells. Give it a unit file, or unmask it.',
    );
  }
  const together = states.find((state) => alsoStopped(state, states).length > 0);
  if (together !== undefined) {
    const others = alsoStopped(together, states).join(', ');
    return blocked(
      `${others} on ${together.host} is stopped with ${together.unit}, and would not be started with it again.`,
      'Name that unit in the runbook too.',
    );
  }
  const woken = states.find(({triggeredBy}) =>
    triggeredBy.some((trigger) => !units.includes(trigger)),
  );
  return woken === undefined
    ? null
    : blocked(
        `${woken.unit} on ${woken.host} is also started by ${woken.triggeredBy.filter((each) => !units.includes(each)).join(', ')}.`,
        'Name that unit in the runbook too, before the service that it starts.',
      );
}

/** What a stop of this unit takes down that is not among those on its host that are stopped, and started again, by name. */
function alsoStopped(
  state: UnitState & {readonly host: string},
  named: readonly (UnitState & {readonly host: string})[],
): readonly string[] {
  const ids = named.filter(({host}) => host === state.host).map(({id}) => id);
  return isDown(state) ? [] : state.alsoStops.filter((unit) => !ids.includes(unit));
}

/** A unit that is neither up nor down yet. Our own block and stop leave it alone from then on. */
export function unsteady(found: PerHost<readonly UnitState[]>): readonly string[] {
  const moving = ['activating', 'deactivating', 'reloading'];
  return found.flatMap(({host, value}) =>
    value
      .filter(({activeState, block}) => block === 'none' && moving.includes(activeState))
      .map(({unit, activeState}) => `${unit} on ${host} is ${activeState}`),
  );
}

export const isPresent = ({loadState}: UnitState): boolean => loadState !== 'not-found';
export const isDown = ({activeState}: UnitState): boolean =>
  ['inactive', 'failed'].includes(activeState);

export const beforeOf = ({
  unit,
  activeState,
  unitFileState,
  dropInFolder,
}: UnitState): UnitBefore => ({
  unit,
  activeState,
  unitFileState,
  dropInFolder,
});

export const differencesOf = (found: PerHost<readonly UnitState[]>): readonly Difference[] =>
  found.flatMap(({host, value}) =>
    value
      .filter((state) => isPresent(state) && (state.block !== 'whole' || !isDown(state)))
      .map(({unit, activeState, block}) => ({
        what: `${unit} on ${host}`,
        is: `${activeState}, ${block === 'whole' ? 'kept from starting' : 'free to start'}`,
        shouldBe: 'inactive, kept from starting',
      })),
  );

/** Block first: between a stop and a block, anything could start the unit again. */
export function stopActions(
  found: PerHost<readonly UnitState[]>,
  {run}: HostsLook,
): readonly HostsAction[] {
  const free = unitsWhere(found, (state) => isPresent(state) && state.block !== 'whole');
  const up = unitsWhere(found, (state) => isPresent(state) && !isDown(state));
  return [
    ...whenAny(free, {
      does: `keep ${valuesOn(free)} from starting`,
      perform: (writer, signal) =>
        onThose(writer, free, (host, units) => host.blockUnits(units, run, signal)),
    }),
    ...whenAny(up, {
      does: `stop ${valuesOn(up)}`,
      perform: (writer, signal, say) => {
        say(`waiting until ${valuesOn(up)} has stopped`);
        return onThose(writer, up, (host, units) => host.stopUnits(units, signal));
      },
    }),
  ];
}

/** Removes exactly our drop-ins, also where the unit is gone meanwhile, and starts only what was active. */
export function startActions(
  found: PerHost<readonly UnitState[]>,
  before: PerHost<readonly UnitBefore[]>,
  {run}: HostsLook,
): readonly HostsAction[] {
  const was = (host: string, unit: string) =>
    before.find((each) => each.host === host)?.value.find((each) => each.unit === unit);
  const ours = (host: string, state: UnitState) =>
    state.dropInFolder && was(host, state.unit)?.dropInFolder === false;
  const held = unitsWhere(found, (state, host) => state.block !== 'none' || ours(host, state));
  const down = unitsWhere(
    found,
    (state, host) => isDown(state) && was(host, state.unit)?.activeState === 'active',
  );
  const ownFolders = unitsWhere(
    found,
    (state, host) => was(host, state.unit)?.dropInFolder === false,
  );
  return [
    ...whenAny(held, {
      does: `let ${valuesOn(held)} start again`,
      perform: (writer, signal) =>
        onThose(writer, held, (host, units) =>
          host.unblockUnits(
            units,
            ownFolders.find((each) => each.host === host.name)?.value ?? [],
            run,
            signal,
          ),
        ),
    }),
    ...whenAny(down, {
      does: `start ${valuesOn(down)}${remark(found, down)}`,
      perform: (writer, signal) =>
        onThose(writer, down, (host, units) => host.startUnits(units, signal)),
    }),
  ];
}

function unitsWhere(
  found: PerHost<readonly UnitState[]>,
  holds: (state: UnitState, host: string) => boolean,
): PerHost<readonly string[]> {
  return found
    .map(({host, value}) => ({
      host,
      value: value.filter((state) => holds(state, host)).map(({unit}) => unit),
    }))
    .filter(({value}) => value.length > 0);
}

/** systemd.timer(5): a persistent timer that missed a run while it was stopped makes up for it when it is started. */
function remark(found: PerHost<readonly UnitState[]>, down: PerHost<readonly string[]>): string {
  const persistent = found.flatMap(({host, value}) =>
    value
      .filter(
        ({unit, persistent}) =>
          persistent && down.some((each) => each.host === host && each.value.includes(unit)),
      )
      .map(({unit}) => `${unit} on ${placesOf([host])}`),
  );
  return persistent.length === 0 ? '' : ` (at once, if a run was missed: ${persistent.join(', ')})`;
}
