import {isByHand} from '../model/unit-status.ts';
import type {WaitReason} from '../report/index.ts';
import {MachineClock} from '../run/machine-clock.ts';
import {admissible, passesHold, stopperOf, stoppersIn} from './admission.ts';
import {isUnheard, networkOf, runnerOf} from './networks.ts';
import {type FleetRow, isApproved, type UnitRow, type WaveRow} from './rows.ts';
import {closedFor, isOutsideNow} from './windows.ts';

/** What is the same for every unit: a fleet may have thousands. */
interface Around {
  readonly fleet: FleetRow;
  readonly stoppers: ReadonlyMap<string, UnitRow>;
  readonly statuses: ReadonlyMap<string, UnitRow['status']>;
  readonly admissibles: ReadonlySet<UnitRow>;
  /** Where the journals are. */
  readonly homes: ReadonlyMap<string, {readonly host: string; readonly folder: string}>;
  readonly now: Date;
}

interface Wait {
  readonly reason: WaitReason;
  /** For people: what it waits for. */
  readonly what: string;
}

/** What is in the way of the units of a fleet, as its rows say it. */
export const aroundOf = (
  state: {
    readonly fleet: FleetRow;
    readonly waves: readonly WaveRow[];
    readonly units: readonly UnitRow[];
  },
  homes: Around['homes'],
  now = new MachineClock().now(),
): Around => ({
  ...{homes, now, fleet: state.fleet},
  stoppers: stoppersIn(state.units),
  statuses: new Map(state.units.map(({unit, status}) => [unit, status])),
  admissibles: new Set(admissible(state, now)),
});

/** The first thing that is in the way of a unit. */
export function waitOf(unit: UnitRow, wave: WaveRow, around: Around): Wait | undefined {
  const {fleet, stoppers, statuses, admissibles, homes} = around;
  const home = homes.get(unit.home ?? '');
  const aRunner = {
    reason: isUnheard(unit, fleet.networks) ? 'network' : 'runner',
    what: home
      ? `a runner with the state folder ${home.folder} on ${home.host}`
      : isUnheard(unit, fleet.networks) || unit.work.network !== undefined
        ? runnerOf(networkOf(unit))
        : 'a runner',
  } as const;
  if (unit.status === 'admitted') {
    return aRunner;
  }
  if (unit.status !== 'waiting') {
    return undefined;
  }
  if (isByHand(unit)) {
    return {reason: 'by-hand', what: 'the process that continues it by hand'};
  }
  if (fleet.held && !passesHold(unit)) {
    return {reason: 'hold', what: 'the end of the hold'};
  }
  if (!isApproved(wave)) {
    const missing = wave.approveOf - wave.approvals.length;
    const what = `${missing} of ${wave.approveOf} approvals by ${wave.approveBy.join(', ')}`;
    return {reason: 'approval', what};
  }
  const stopping = stopperOf(unit, stoppers);
  if (stopping) {
    return {reason: 'decision', what: `a decision about ${stopping.unit}`};
  }
  const before = unit.after.find((other) => statuses.get(other) !== 'done');
  if (before !== undefined) {
    return statuses.get(before) === 'left-out'
      ? {reason: 'left-out', what: `${before}, which was left out`}
      : {reason: 'unit', what: before};
  }
  if (admissibles.has(unit) || aRunner.reason === 'network') {
    return aRunner;
  }
  return (
    windowWait(unit, around) ?? {
      reason: 'limit',
      what: 'capacity: a limit of atOnce is reached',
    }
  );
}

function windowWait(unit: UnitRow, {now}: Around): Wait | undefined {
  const closed = closedFor(unit, now);
  const what = closed ? `its window, which is closed until ${closed.until}` : 'its window';
  return isOutsideNow(unit, now) ? {reason: 'window', what} : undefined;
}
