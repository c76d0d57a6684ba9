import {isClaimed} from '../inventory/rights.ts';
import type {Entry} from '../model/entry.ts';
import {SwitcharooError} from '../model/problem.ts';
import {appliedEntries, type Progress} from '../model/progress.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import type {SystemClaim} from '../model/target.ts';
import type {Host} from './host.ts';
import type {OpenedWorld} from './open-world.ts';
import {readableProgress} from './past-runs.ts';

/** A system that a run claims, by the name of its target. */
export interface ClaimableSystem {
  readonly target: string;
  readonly claim: SystemClaim;
  /** A step of the run changes it for long: its claim outlives the process. */
  readonly isLasting: boolean;
}

interface Unreachable {
  readonly target: string;
  readonly error: SwitcharooError;
}

/** The systems of a runbook that can be claimed, each once, in an order that is the same on every host. */
export async function claimableSystems(
  {runbook, world}: Pick<OpenedWorld, 'runbook' | 'world'>,
  signal: AbortSignal,
): Promise<{
  readonly systems: readonly ClaimableSystem[];
  readonly unreachable: readonly Unreachable[];
}> {
  const unreachable: Unreachable[] = [];
  const byName = new Map<string, ClaimableSystem>();
  await Promise.all(
    changedTargets(runbook).map(async (target) => {
      try {
        const {claim} = await world.targets.session(target);
        if (claim) {
          const name = await claim.system(signal);
          const isLasting = isClaimed(runbook, target) || (byName.get(name)?.isLasting ?? false);
          byName.set(name, {target, claim, isLasting});
        }
      } catch (error) {
        if (!(error instanceof SwitcharooError)) {
          throw error;
        }
        unreachable.push({target, error});
      }
    }),
  );
  const systems = [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, system]) => system);
  return {systems, unreachable};
}

/** A run of this state folder that has nothing in place: its claim was left over when its process died. */
export function isAtRestHere(host: Pick<Host, 'state'>, run: string): boolean {
  const progress = readableProgress(host, run);
  return progress !== undefined && isAtRest(progress);
}

/** Done, or without any change in place. */
export const isAtRest = (progress: Progress): boolean =>
  progress.outcome === 'done' || appliedEntries(progress).length === 0;

function changedTargets({entries}: AnyRunbook): readonly string[] {
  const targets = entries.flatMap(({unit, on}: Entry) =>
    unit.kind === 'gate' ? [] : Object.values(on),
  );
  return [...new Set<string>(targets)].sort();
}
