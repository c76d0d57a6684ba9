import {spawnSync} from 'node:child_process';
import {availableParallelism} from 'node:os';

const tries = 20;
/** The start of a small program takes 1 to 2 ms on a machine that is not slow. */
const slowMs = 4;

/**
 * One more than there are processors: much of the time of a cutover is a wait for something. Not on a machine that
 * takes long to start a process, as a virtual one may: there they would only starve each other.
 */
export function workers(): number {
  const sinceMs = performance.now();
  for (let started = 0; started < tries; started += 1) {
    spawnSync('true');
  }
  const eachMs = (performance.now() - sinceMs) / tries;
  return availableParallelism() + (eachMs > slowMs ? 0 : 1);
}
