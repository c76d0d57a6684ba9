import type {HostsAction, HostsLook, UnitState} from '../contract.ts';
import {actionOn, onHosts, type PerHost} from '../group/per-host.ts';
import {valuesText} from '../group/text.ts';
import {isDown, isPresent, type UnitBefore} from './state.ts';

/** Block first: between a stop and a block, anything could start the unit again. */
export function stopActions(
  units: PerHost<readonly UnitState[]>,
  {run}: HostsLook,
): readonly HostsAction[] {
  const unblocked = namesWhere(units, (state) => isPresent(state) && state.block !== 'whole');
  const up = namesWhere(units, (state) => isPresent(state) && !isDown(state));
  return [
    ...actionOn(unblocked, {
      does: `prevent ${valuesText(unblocked)} from starting`,
      perform: (writer, signal) =>
        onHosts(writer, unblocked, (host, names) => host.blockUnits(names, run, signal)),
    }),
    ...actionOn(up, {
      does: `stop ${valuesText(up)}`,
      perform: (writer, signal, say) => {
        say(`waiting until ${valuesText(up)} has stopped`);
        return onHosts(writer, up, (host, names) => host.stopUnits(names, signal));
      },
    }),
  ];
}

/**
 * Removes the drop-ins of this entry, also of a unit that is gone since, and starts only the units that were active.
 */
export function startActions(
  units: PerHost<readonly UnitState[]>,
  before: PerHost<readonly UnitBefore[]>,
  {run}: HostsLook,
): readonly HostsAction[] {
  const unitBefore = (host: string, unit: string) =>
    before.find((each) => each.host === host)?.value.find((each) => each.unit === unit);
  const hadNoFolder = (state: UnitState, host: string) =>
    unitBefore(host, state.unit)?.dropInFolder === false;
  const ownFolders = namesWhere(units, hadNoFolder);
  const blocked = namesWhere(
    units,
    (state, host) => state.block !== 'none' || (state.dropInFolder && hadNoFolder(state, host)),
  );
  const down = namesWhere(
    units,
    (state, host) => isDown(state) && unitBefore(host, state.unit)?.activeState === 'active',
  );
  return [
    ...actionOn(blocked, {
      does: `allow ${valuesText(blocked)} to start`,
      perform: (writer, signal) =>
        onHosts(writer, blocked, (host, names) => {
          const folders = ownFolders.find((each) => each.host === host.name)?.value ?? [];
          return host.unblockUnits(names, folders, run, signal);
        }),
    }),
    ...actionOn(down, {
      does: `start ${valuesText(down)}${missedRuns(units, down)}`,
      perform: (writer, signal) =>
        onHosts(writer, down, (host, names) => host.startUnits(names, signal)),
    }),
  ];
}

function namesWhere(
  units: PerHost<readonly UnitState[]>,
  matches: (state: UnitState, host: string) => boolean,
): PerHost<readonly string[]> {
  return units
    .map(({host, value}) => ({
      host,
      value: value.filter((state) => matches(state, host)).map(({unit}) => unit),
    }))
    .filter(({value}) => value.length > 0);
}

/** systemd.timer(5): a persistent timer that missed a run while it was stopped makes up for it when it is started. */
function missedRuns(
  units: PerHost<readonly UnitState[]>,
  started: PerHost<readonly string[]>,
): string {
  const persistent = units.flatMap(({host, value}) =>
    value
      .filter(
        ({unit, persistent}) =>
          persistent && started.some((each) => each.host === host && each.value.includes(unit)),
      )
      .map(({unit}) => `${unit} on ${host}`),
  );
  return persistent.length === 0 ? '' : ` (a missed run starts at once: ${persistent.join(', ')})`;
}
