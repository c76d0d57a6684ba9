import {spawnSync} from 'node:child_process';
import {availableParallelism} from 'node:os';

const tries = 20;
/** Where a small program took 6 to 7 ms to start, three workers on two processors starved each other. */
const slowMs = 4;

/**
 * One more than there are processors: much of the time of a cutover is a wait for something. Not on a machine that
 * takes long to start a process: there all processors are busy anyway.
 */
export function workers(): number {
  const sinceMs = performance.now();
  for (let started = 0; started < tries; started += 1) {
    spawnSync('true');
  }
  const eachMs = (performance.now() - sinceMs) / tries;
  return availableParallelism() + (eachMs > slowMs ? 0 : 1);
}
