import {nothingToReverse, runFinished} from '../engine/problems.ts';
import {SwitcharooError} from '../model/problem.ts';
import {appliedEntries, type Progress} from '../model/progress.ts';
import {refuseBesideDamaged, refuseUnknownBesides, runsBesides} from './guards.ts';
import type {Host} from './host.ts';
import {
  isCommand,
  isOver,
  mayReverse,
  openRuns,
  progressIn,
  readableProgress,
} from './past-runs.ts';

type Past = Pick<Host, 'state'>;

/** The run of this name; without a name, the newest. */
export const chooseRun = ({state}: Past, name: string | undefined): string =>
  state.find(name, 'run', () => true);

/** Without a name, the newest; a command that was run once hides no run that is not over. */
export function runToShow(host: Past, name: string | undefined): Progress {
  const readable =
    name === undefined
      ? host.state.runs().find((run) => readableProgress(host, run) !== undefined)
      : undefined;
  const newest = readable ?? chooseRun(host, name);
  const progress = readableProgress(host, newest);
  const [open] = name === undefined && progress && isCommand(progress) ? openRuns(host) : [];
  return progressIn(host, open?.run.run ?? newest);
}

/** Without a name, the newest that is not over. */
export function runToResume(
  host: Past,
  name: string | undefined,
  besides?: readonly string[],
): Progress {
  if (name === undefined) {
    refuseUnknownBesides(host, runsBesides(host, besides ?? []));
    refuseBesideDamaged(host, besides);
  }
  const run = host.state.find(name, 'run to resume', (candidate) => mayResume(host, candidate));
  const progress = progressIn(host, run);
  refuseFinished(progress);
  return progress;
}

/**
 * Without a name, the one that is not over; else the newest that ever changed something. It never falls back to an
 * older one: to say "reverse" twice does not ask for the run before.
 */
export function runToReverse(
  host: Past,
  name: string | undefined,
  besides?: readonly string[],
): Progress {
  if (name === undefined) {
    refuseUnknownBesides(host, runsBesides(host, besides ?? []));
    refuseBesideDamaged(host, besides);
  }
  const [open] = name === undefined ? openRuns(host) : [];
  const run =
    open?.run.run ??
    host.state.find(name, 'run with something to reverse', (candidate) => {
      const progress = readableProgress(host, candidate);
      return progress !== undefined && hasChanged(progress) && !isCommand(progress);
    });
  const progress = progressIn(host, run);
  refuseUnchanged(progress);
  return progress;
}

export function refuseFinished(progress: Progress): void {
  if (isOver(progress)) {
    throw new SwitcharooError(runFinished(progress.run.run, progress.outcome));
  }
}

/** Of what is to go on on another host: a run that is done can still be reversed there. */
export function refuseSettled(progress: Progress): void {
  if (!mayReverse(progress)) {
    refuseFinished(progress);
  }
}

export function refuseUnchanged(progress: Progress): void {
  if (appliedEntries(progress).length === 0) {
    throw new SwitcharooError(nothingToReverse(progress.run.run));
  }
}

function mayResume(host: Past, run: string): boolean {
  const progress = readableProgress(host, run);
  // A damaged one is offered too: opening it reports the damage.
  return progress === undefined || !isOver(progress);
}

function hasChanged({run, outcome, entries}: Progress): boolean {
  // The lab of a rehearsal that has ended is gone.
  const isGone = run.rehearsal && outcome === 'done';
  return (
    !isGone && [...entries.values()].some(({applied, state}) => applied || state === 'reversed')
  );
}
