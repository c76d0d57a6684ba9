import {makePlan} from '../engine/plan.ts';
import type {Plan} from '../model/plan.ts';

interface Timed {
  readonly made: Plan;
  /** How long a check takes on average, several at once. Absent where nothing was checked. */
  readonly checkMs?: number;
}

/** Makes a plan, and measures how busy the targets and this machine are. Run nothing else meanwhile. */
export async function timedPlan(planning: Parameters<typeof makePlan>[0]): Promise<Timed> {
  const {clock} = planning.world;
  const startedMs = clock.monotonic();
  const made = await makePlan(planning);
  const tookMs = clock.monotonic() - startedMs;
  const checks = made.items.filter(
    (item) => item.kind === 'entry' && isChecked.has(item.evidence),
  ).length;
  return {made, ...(checks > 0 ? {checkMs: Math.round((10 * tookMs) / checks) / 10} : {})};
}

const isChecked: ReadonlySet<string> = new Set(['checked', 'predicted']);
