import {isClaimed} from '../inventory/rights.ts';
import type {Entry} from '../model/entry.ts';
import {SwitcharooError} from '../model/problem.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import type {Session, SystemClaim} from '../model/target.ts';
import type {OpenedWorld} from './open-world.ts';
import {claimableKinds} from './step-library.ts';

/** A system that a run claims, by the name of its target. */
export interface ClaimableSystem {
  readonly target: string;
  readonly claim: SystemClaim;
  /** `lasting` outlives the process; `nothing`: the run only refuses to start beside the one that owns it. */
  readonly keeps: 'lasting' | 'while-acting' | 'nothing';
  /** No entry of the run changes it: it stands for the whole environment, and may be out of reach. */
  readonly isGuard: boolean;
}

interface UnreachableSystem extends Pick<ClaimableSystem, 'target' | 'isGuard'> {
  readonly error: SwitcharooError;
}

export interface SystemSurvey {
  readonly systems: readonly ClaimableSystem[];
  readonly unreachable: readonly UnreachableSystem[];
}

interface Candidate extends Omit<ClaimableSystem, 'claim'> {
  open(): Promise<Session<unknown, unknown>>;
}

/** The systems that a run claims, each once, in an order that is the same on every host. */
export async function claimableSystems(
  opened: OpenedWorld,
  signal: AbortSignal,
): Promise<SystemSurvey> {
  const unreachable: UnreachableSystem[] = [];
  const byName = new Map<string, ClaimableSystem>();
  const candidates = [...ownSystems(opened), ...(await guardsOf(opened))];
  await Promise.all(
    candidates.map(async ({open, ...candidate}) => {
      try {
        const {claim} = await open();
        if (claim) {
          const name = await claim.system(signal);
          byName.set(name, strongest({...candidate, claim}, byName.get(name)));
        }
      } catch (error) {
        if (!(error instanceof SwitcharooError)) {
          throw error;
        }
        unreachable.push({...candidate, error});
      }
    }),
  );
  const systems = [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, system]) => system);
  return {systems, unreachable};
}

/** A server that has two names in the inventory is claimed once. */
function strongest(system: ClaimableSystem, other: ClaimableSystem | undefined): ClaimableSystem {
  if (!other) {
    return system;
  }
  const strength = ({isGuard, keeps}: ClaimableSystem) =>
    (isGuard ? 0 : 2) + (keeps === 'lasting' ? 1 : 0);
  return strength(system) > strength(other) ? system : other;
}

const ownSystems = ({runbook, world}: OpenedWorld): readonly Candidate[] =>
  changedTargets(runbook).map((target) => ({
    target,
    keeps: isClaimed(runbook, target) ? 'lasting' : 'while-acting',
    isGuard: false,
    open: () => world.targets.session(target),
  }));

/**
 * A run that claims no system for long changes the same environment all the same, a zone or a service: it claims the
 * servers of the inventory. A command for one service claims none: two services may be deployed at a time.
 */
async function guardsOf(opened: OpenedWorld): Promise<readonly Candidate[]> {
  const {runbook, inventory, targetNames = {}, openByName} = opened;
  const changed = changedTargets(runbook);
  if (changed.length === 0 || changed.some((target) => isClaimed(runbook, target))) {
    return [];
  }
  const own = new Set(changed.map((target) => targetNames[target] ?? target));
  const keeps = Object.keys(targetNames).length > 0 ? 'nothing' : 'lasting';
  return Object.entries(await claimableKinds(inventory))
    .filter(([target]) => !own.has(target))
    .map(([target, kind]) => ({
      target,
      keeps,
      isGuard: true,
      open: () => openByName(target, kind),
    }));
}

/** Whether a run of this runbook changes anything. */
export const changesSystems = (runbook: AnyRunbook): boolean => changedTargets(runbook).length > 0;

function changedTargets({entries}: AnyRunbook): readonly string[] {
  const targets = entries.flatMap(({unit, on}: Entry) =>
    unit.kind === 'gate' ? [] : Object.values(on),
  );
  return [...new Set<string>(targets)].sort();
}
