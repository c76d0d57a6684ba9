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
        return onHosts(writer, up, (host, names) =>
          host.stopUnits(names, longest(units, host.name, names, 'stopMs'), run, signal),
        );
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
  const down = namesWhere(
    units,
    (state, host) => isDown(state) && unitBefore(host, state.unit)?.activeState === 'active',
  );
  const targets = targetsDown(units, before);
  const isBlocked = (state: UnitState, host: string) =>
    state.block !== 'none' || (state.dropInFolder && hadNoFolder(state, host));
  // A unit that did not run before, and that another one pulls up, stays blocked until that one has started.
  const isLate = (state: UnitState, host: string) =>
    unitBefore(host, state.unit)?.activeState !== 'active' &&
    units.some(
      (each) =>
        each.host === host && each.value.some(({alsoStarts}) => alsoStarts.includes(state.id)),
    );
  const allow = (blocked: PerHost<readonly string[]>) =>
    actionOn(blocked, {
      does: `allow ${valuesText(blocked)} to start`,
      perform: (writer, signal) =>
        onHosts(writer, blocked, (host, names) => {
          const folders = ownFolders.find((each) => each.host === host.name)?.value ?? [];
          return host.unblockUnits(names, folders, run, signal);
        }),
    });
  const start = (names: PerHost<readonly string[]>, note: string) =>
    actionOn(names, {
      does: `start ${valuesText(names)}${note}`,
      perform: (writer, signal) =>
        onHosts(writer, names, (host, each) =>
          host.startUnits(each, longest(units, host.name, each, 'startMs'), signal),
        ),
    });
  return [
    ...allow(namesWhere(units, (state, host) => isBlocked(state, host) && !isLate(state, host))),
    ...start(down, `${missedRuns(units, down)}${alsoStarted(units, down)}`),
    ...allow(namesWhere(units, (state, host) => isBlocked(state, host) && isLate(state, host))),
    ...start(targets, ''),
  ];
}

/** The targets that went down with the units: nobody names them, and they are up again with the units. */
function targetsDown(
  units: PerHost<readonly UnitState[]>,
  before: PerHost<readonly UnitBefore[]>,
): PerHost<readonly string[]> {
  return before
    .map(({host, value}) => {
      const states = units.find((each) => each.host === host)?.value ?? [];
      const isUp = (target: string) =>
        states.some(({stopsTargets}) => stopsTargets.includes(target));
      const names = [...new Set(value.flatMap(({targets}) => targets))];
      return {
        host,
        value: names.filter((name) => !states.some(({unit}) => unit === name) && !isUp(name)),
      };
    })
    .filter(({value}) => value.length > 0);
}

/** How long systemd lets these take, one after the other at worst. */
function longest(
  units: PerHost<readonly UnitState[]>,
  host: string,
  names: readonly string[],
  limit: 'stopMs' | 'startMs',
): number {
  const states = units.find((each) => each.host === host)?.value ?? [];
  return states
    .filter(({unit}) => names.includes(unit))
    .reduce((sum, state) => sum + state[limit], 0);
}

/** Units that did not run, and that systemd starts with these. */
function alsoStarted(
  units: PerHost<readonly UnitState[]>,
  started: PerHost<readonly string[]>,
): string {
  const others = units.flatMap(({host, value}) => {
    const names = started.find((each) => each.host === host)?.value ?? [];
    const ids = value.map(({id}) => id);
    return value
      .filter(({unit}) => names.includes(unit))
      .flatMap(({alsoStarts}) => alsoStarts)
      .filter((name) => !ids.includes(name))
      .map((name) => `${name} on ${host}`);
  });
  return others.length === 0 ? '' : ` (systemd also starts ${[...new Set(others)].join(', ')})`;
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
