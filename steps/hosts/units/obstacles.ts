import {type Blocked, blocked} from '../../../src/index.ts';
import type {UnitState} from '../contract.ts';
import type {PerHost} from '../group/per-host.ts';
import {isDown} from './state.ts';

/** A unit on one host. */
interface HostUnit extends UnitState {
  readonly host: string;
}

/** Why these units cannot be stopped and started again, if anything prevents it. */
export function unitObstacle(
  units: PerHost<readonly UnitState[]>,
  names: readonly string[],
  group: string,
): Blocked | null {
  const missing = names.filter((unit) =>
    units.every(({value}) =>
      value.every((state) => state.unit !== unit || state.loadState === 'not-found'),
    ),
  );
  const states = units.flatMap(({host, value}) => value.map((state) => ({host, ...state})));
  const obstacle = userObstacle(states, missing) ?? templateObstacle(states);
  if (obstacle !== null) {
    return obstacle;
  }
  if (missing.length > 0) {
    return blocked(
      `No host of ${group} has the unit ${missing.join(', ')}.`,
      'Correct the name in the runbook, or the hosts in the inventory.',
    );
  }
  return (
    otherRunObstacle(states) ??
    stopObstacle(states) ??
    restartObstacle(states) ??
    triggerObstacle(states, names)
  );
}

/** What the operator should know of a stop, and of a start after it, before the plan is approved. */
export function unitRemarks(units: PerHost<readonly UnitState[]>): readonly string[] {
  return units.flatMap(({host, value}) => {
    const ids = value.map(({id}) => id);
    return value.flatMap(({unit, activeState, alsoStarts, startsAfter, stopMs}) => {
      const others = alsoStarts.filter((name) => !ids.includes(name));
      return [
        ...(activeState === 'active' && others.length > 0
          ? [
              `When a reversal starts ${unit} on ${host}, systemd also starts its dependencies that are not running now: ${others.join(', ')}.`,
            ]
          : []),
        ...(startsAfter.length > 0
          ? [
              `When ${unit} on ${host} has stopped, systemd starts ${startsAfter.join(', ')} (OnSuccess=).`,
            ]
          : []),
        ...(activeState === 'active' && stopMs > longStopMs
          ? [
              `${unit} on ${host} may take ${Number.isFinite(stopMs) ? `${stopMs / 1_000} s` : 'any length of time'} to stop (TimeoutStopSec=).`,
            ]
          : []),
      ];
    });
  });
}

const longStopMs = 90_000;

/** A unit of a user's manager: the manager of the system, which this step talks to, does not know it. */
function userObstacle(states: readonly HostUnit[], missing: readonly string[]): Blocked | null {
  const state = states.find(({unit, userFiles}) => missing.includes(unit) && userFiles.length > 0);
  if (state === undefined) {
    return null;
  }
  const {unit, host, userFiles} = state;
  const [, home = ''] = /^(.*?)\/\.(?:config|local)\//.exec(userFiles[0] ?? '') ?? [];
  const user = home === '' ? 'USER' : home.slice(home.lastIndexOf('/') + 1);
  return blocked(
    `${unit} on ${host} is a user unit (${userFiles.join(', ')}), not a system unit: this step cannot stop it.`,
    `Make it a system unit: move it to /etc/systemd/system, and set User= to that account. Or leave it out of the step, and stop it by hand: systemctl --user -M ${user}@ stop ${unit}`,
  );
}

function templateObstacle(states: readonly HostUnit[]): Blocked | null {
  const state = states.find(({loadState}) => loadState === 'template');
  return state === undefined
    ? null
    : blocked(
        `${state.unit} on ${state.host} is a template, not a unit that runs. Its instances: ${state.instances.join(', ') || 'none'}.`,
        'Name its instances in the runbook.',
      );
}

function stopObstacle(states: readonly HostUnit[]): Blocked | null {
  const running = states.filter((state) => !isDown(state) && state.block === 'none');
  const unstoppable = running.find(({stoppable}) => !stoppable);
  if (unstoppable !== undefined) {
    return blocked(
      `${unstoppable.unit} on ${unstoppable.host} cannot be stopped by hand.`,
      `Set RefuseManualStop=no for it, or leave it out. On ${unstoppable.host}: systemctl show -p CanStop,RefuseManualStop -- ${unstoppable.unit}`,
    );
  }
  const changed = running.find(({needsReload}) => needsReload);
  if (changed !== undefined) {
    return blocked(
      `The file of ${changed.unit} on ${changed.host} has changed or was removed since systemd read it. Once stopped, the unit could not be started again as it runs now.`,
      `Check the file, then run on ${changed.host}: systemctl daemon-reload; systemctl status ${changed.unit}`,
    );
  }
  const cancelled = states.find(({cancels}) => cancels.length > 0);
  return cancelled === undefined
    ? null
    : blocked(
        `${cancelled.cancels.join(', ')} on ${cancelled.host} cancels every condition that could prevent ${cancelled.unit} from starting.`,
        'Rename that file so that its name sorts before z, for example to override.conf.',
      );
}

function otherRunObstacle(states: readonly HostUnit[]): Blocked | null {
  const state = states.find(({otherBlocks}) => otherBlocks.length > 0);
  return state === undefined
    ? null
    : blocked(
        `${state.unit} on ${state.host} is prevented from starting by an earlier run: ${state.otherBlocks.join(', ')}.`,
        'Reverse that run. If it left nothing else, remove the file and run: systemctl daemon-reload',
      );
}

function restartObstacle(states: readonly HostUnit[]): Blocked | null {
  const lost = states.find(
    (state) => !isDown(state) && state.block === 'none' && !state.restartable,
  );
  if (lost !== undefined) {
    return blocked(
      `${lost.unit} on ${lost.host} is running, but cannot be started again once it is stopped.`,
      `Give it a unit file, or unmask it. On ${lost.host}: systemctl show -p LoadState,Transient,CanStart -- ${lost.unit}`,
    );
  }
  const parent = states.find((state) => unnamedStops(state, states).length > 0);
  return parent === undefined
    ? null
    : blocked(
        `${unnamedStops(parent, states).join(', ')} on ${parent.host} is stopped with ${parent.unit}, and would not be started with it again.`,
        `Name that unit in the runbook too. On ${parent.host}: systemctl list-dependencies --reverse ${parent.unit}`,
      );
}

/** Units that a stop of this unit stops too, and that are not named: nobody would start them again. */
function unnamedStops(state: HostUnit, states: readonly HostUnit[]): readonly string[] {
  const ids = states.filter(({host}) => host === state.host).map(({id}) => id);
  return isDown(state) ? [] : state.alsoStops.filter((unit) => !ids.includes(unit));
}

function triggerObstacle(states: readonly HostUnit[], names: readonly string[]): Blocked | null {
  const triggered = states.find(({triggeredBy}) =>
    triggeredBy.some((trigger) => !names.includes(trigger)),
  );
  if (triggered === undefined) {
    return null;
  }
  const triggers = triggered.triggeredBy.filter((trigger) => !names.includes(trigger));
  return blocked(
    `${triggered.unit} on ${triggered.host} is also started by ${triggers.join(', ')}.`,
    'Name that unit in the runbook too, before the service that it starts.',
  );
}
