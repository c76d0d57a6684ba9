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
  if (missing.length > 0) {
    return blocked(
      `No host of ${group} has the unit ${missing.join(', ')}.`,
      'Correct the name in the runbook, or the hosts in the inventory.',
    );
  }
  const states = units.flatMap(({host, value}) => value.map((state) => ({host, ...state})));
  return otherRunObstacle(states) ?? restartObstacle(states) ?? triggerObstacle(states, names);
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
        'Name that unit in the runbook too.',
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
