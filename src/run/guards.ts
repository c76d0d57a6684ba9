import {isDeepStrictEqual} from 'node:util';
import {changesBetween, entryDigests} from '../engine/digests.ts';
import {runbookChanged, unknownEntry} from '../engine/problems.ts';
import {isCheckpointOrEntry} from '../engine/run.ts';
import {heldBy} from '../journal/lock-holder.ts';
import {unknownRun} from '../journal/problems.ts';
import type {Entry} from '../model/entry.ts';
import {type Problem, refuseAny, SwitcharooError} from '../model/problem.ts';
import {appliedEntries, type Progress} from '../model/progress.ts';
import {placeOf} from '../model/take-over-words.ts';
import type {Host} from './host.ts';
import type {OpenedWorld} from './open-world.ts';
import {damagedRuns, progressIn, readableProgress, workerOn} from './past-runs.ts';

interface Here {
  readonly host: Pick<Host, 'operator'>;
  /** It goes on without the shared journal, because a person says so. */
  readonly alone?: boolean;
}

/** Another process works on this run. */
export function refuseBesideWorker(host: Host, progress: Progress): void {
  const worker = workerOn(host, progress);
  if (worker) {
    throw new SwitcharooError(heldBy(worker));
  }
}

/**
 * Somebody else is to continue it, a process of another host may still be acting, or it is the run of another host: a
 * take-over that died has left its journal here.
 */
export function refuseWhileElsewhere(
  {host, alone = false}: Here,
  {run, operator, handedOverTo, notBefore}: Progress,
  now: Date,
): void {
  if (handedOverTo !== undefined) {
    throw new SwitcharooError(runHandedOver(run, handedOverTo));
  }
  if (notBefore && now < notBefore) {
    throw new SwitcharooError(actionInFlight(run, notBefore));
  }
  // Not even alone: it may not be in the store, and nobody has told the other host.
  if (notBefore) {
    throw new SwitcharooError(takeOverUnfinished(run));
  }
  if (run.storePlace !== undefined && operator.host !== host.operator.host && !alone) {
    throw new SwitcharooError(runOfAnotherHost(run, `${operator.user}@${operator.host}`));
  }
}

/** A slip in the name of the checkpoint would otherwise run the whole runbook. */
export function refuseUnknownCheckpoint({runbook}: OpenedWorld, until: string | undefined): void {
  if (until !== undefined && !isCheckpointOrEntry(runbook, until)) {
    throw new SwitcharooError(unknownEntry(until, runbook));
  }
}

/** A second run beside an unfinished one would take its changes for the original state, and never reverse them. */
export function refuseBesideUnfinished(
  host: Host,
  {runbook, inventory, targetNames}: OpenedWorld,
): void {
  if (!runbook.entries.some(({unit}: Entry) => unit.kind === 'step')) {
    // What cannot be reversed at all is not in the way of a second run.
    return;
  }
  const unfinished = host.state.runs().find((name) => {
    const progress = readableProgress(host, name);
    return (
      progress?.run.runbook.name === runbook.head.name &&
      progress.run.inventory.name === inventory.name &&
      isDeepStrictEqual(progress.run.targets, targetNames) &&
      progress.outcome !== 'done' &&
      appliedEntries(progress).length > 0 &&
      // The lab that it ran in is gone when another one is up.
      (!inventory.lab || progress.run.inventory.digest === inventory.digest)
    );
  });
  if (unfinished !== undefined) {
    // A run that a colleague works on is neither to be resumed nor to be reversed.
    refuseBesideWorker(host, progressIn(host, unfinished));
    throw new SwitcharooError(runUnfinished(unfinished, runbook.head.name, inventory.name));
  }
}

/**
 * Nobody knows what a run with a damaged journal changed. It counts as unfinished until a person names it. `besides`:
 * the names that were given.
 */
export function refuseBesideDamaged(
  host: Pick<Host, 'state'>,
  besides: readonly string[] = [],
): void {
  const named = new Set(runsBesides(host, besides));
  refuseAny(
    damagedRuns(host)
      .filter(({run}) => !named.has(run))
      .map(({run, problem}) => runDamaged(run, problem.message)),
  );
}

/** Their whole names; a run of another state folder keeps the name that was given. */
export const runsBesides = (
  {state}: Pick<Host, 'state'>,
  besides: readonly string[],
): readonly string[] =>
  besides.map((name) => {
    const near = state.runs().filter((run) => run.startsWith(name) || run.endsWith(name));
    return near.length === 1 && near[0] !== undefined ? near[0] : name;
  });

/** A slip in a name must not look like a permission. `owners`: runs that own a system, of whatever folder. */
export function refuseUnknownBesides(
  {state}: Pick<Host, 'state'>,
  besides: readonly string[] = [],
  owners: readonly string[] = [],
): void {
  const unknown = besides.find((run) => !owners.includes(run) && !state.runs().includes(run));
  if (unknown !== undefined) {
    throw new SwitcharooError(unknownRun(unknown, state.path));
  }
}

/** The differences since a run began, which are accepted; without `accept` any difference is refused. */
export function changesSinceStart(
  {run}: Progress,
  {runbook, inventory}: OpenedWorld,
  accept: boolean,
): readonly string[] {
  const inventoryChange = inventory.lab
    ? `the lab of this run is not the one that is up now, or ${inventory.file} was edited (when the lab of a run is gone, only its report is left)`
    : `${inventory.name} (${inventory.file}) changed`;
  const changes = [
    ...changesBetween(run.runbook.entries, entryDigests(runbook)),
    ...(run.inventory.digest === inventory.digest ? [] : [inventoryChange]),
  ];
  if (changes.length > 0 && !accept) {
    throw new SwitcharooError(runbookChanged(run.run, changes));
  }
  return changes;
}

const runDamaged = (run: string, reason: string): Problem => ({
  code: 'run-damaged',
  message: `The journal of ${run} is damaged, so its changes are unknown. ${reason}`,
  hint: `Restore its journal from a copy. If you are sure that none of its changes is in place, repeat the command with --besides ${run}`,
});

const runUnfinished = (run: string, runbook: string, inventory: string): Problem => ({
  code: 'run-unfinished',
  message: `${run} of ${runbook} on ${inventory} is not finished, and it has changes in place.`,
  hint: {text: 'Reverse that run first, or continue it with', command: `resume ${run}`},
});

type Started = Progress['run'];

const runHandedOver = (run: Started, to: string): Problem => ({
  code: 'run-handed-over',
  message: `${run.run} was handed over to ${to}. This host no longer works on it.`,
  hint: {
    text: `Leave the run to ${to}. If they cannot see it, repeat the hand-over. Take it back with`,
    command: `take-over ${run.run} -i ${placeOf(run).inventory}`,
  },
});

const runOfAnotherHost = (run: Started, operator: string): Problem => ({
  code: 'run-of-another-host',
  message: `${operator} worked on ${run.run} last, and this host has not taken it over.`,
  hint: {
    text: 'Take the run over with',
    command: `take-over ${run.run} -i ${placeOf(run).inventory}`,
  },
});

const takeOverUnfinished = (run: Started): Problem => ({
  code: 'take-over-unfinished',
  message: `The take-over of ${run.run} was not finished: claims and sessions of the other host may still be there.`,
  hint: {text: 'Repeat it with', command: `take-over ${run.run} -i ${placeOf(run).inventory}`},
});

const actionInFlight = (run: Started, until: Date): Problem => ({
  code: 'action-in-flight',
  message: `${run.run} was taken over from another host. An action may be in flight there until ${until.toISOString()}.`,
  hint: {
    text: 'Repeat the command after that time. To wait here, or to skip the wait with --now, use',
    command: `take-over ${run.run} -i ${placeOf(run).inventory}`,
  },
});
