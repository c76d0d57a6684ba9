import {setTimeout as sleep} from 'node:timers/promises';
import type {Progress} from '../../model/progress.ts';
import type {RequestCount} from '../../report/index.ts';
import {loadLab} from '../actions/lab-package.ts';
import type {App} from '../app.ts';

const everyMs = 1_000;

/**
 * What the clients of a rehearsal have asked for so far. The lab is asked in the background, and the run has nothing to
 * do with that. Nothing is loaded before a rehearsal is followed.
 */
export function followLabRequests(
  {state}: Pick<App, 'state'>,
  signal: AbortSignal,
): (progress: Progress) => RequestCount | undefined {
  let followed: string | undefined;
  let last: {readonly run: string; readonly count: RequestCount | undefined} | undefined;
  const countOf = (run: string) => (last?.run === run ? last.count : undefined);
  const follow = async () => {
    while (!signal.aborted) {
      await sleep(everyMs, undefined, {signal}).catch(() => undefined);
      const run = followed;
      if (run !== undefined) {
        last = {run, count: await requestsIn(state.path).catch(() => countOf(run))};
      }
    }
  };
  void follow();
  return ({run, outcome}) => {
    const isUnderWay = outcome === 'running' || outcome === 'reversing';
    followed = run.rehearsal && isUnderWay ? run.run : undefined;
    return run.rehearsal ? countOf(run.run) : undefined;
  };
}

async function requestsIn(stateFolder: string): Promise<RequestCount | undefined> {
  const {findLab} = await loadLab();
  const counted = await findLab(stateFolder)?.requests();
  if (!counted) {
    return undefined;
  }
  const {inWindow: _, besideWindow: __, failures, ...requests} = counted;
  return {...requests, ...(failures.length > 0 ? {failures} : {})};
}
