import {type Inventory, loadInventory} from '../inventory/inventory.ts';
import type {Redactor} from '../journal/redactor.ts';
import {type Problem, problemsIn, refuseAny, SwitcharooError} from '../model/problem.ts';
import type {ClaimKey, ClaimStatus, OpenTargets, SystemClaim} from '../model/target.ts';
import type {Host} from './host.ts';
import {openLoaded} from './inventory-targets.ts';

/** Who owns one target of an inventory. */
export interface TargetClaim extends ClaimStatus {
  readonly target: string;
  /** Why it is not known. */
  readonly problem?: Problem;
}

export interface InventoryClaims {
  readonly inventory: {readonly name: string; readonly file: string};
  readonly targets: readonly TargetClaim[];
  /** Targets of a kind that cannot be claimed. */
  readonly without: readonly string[];
}

/** Asks each target of an inventory which run owns it. Changes nothing. */
export const claimsIn = (
  host: Pick<Host, 'state'>,
  file: string,
  signal: AbortSignal,
): Promise<InventoryClaims> =>
  withClaims(host, file, signal, async (inventory, claims) => {
    const targets = await Promise.all(
      [...claims].map(async ([target, claim]): Promise<TargetClaim> => {
        try {
          return {target, ...(await claim.look(signal))};
        } catch (error) {
          if (error instanceof SwitcharooError) {
            return {target, claim: null, holder: null, problem: error.problem};
          }
          throw error;
        }
      }),
    );
    const without = Object.keys(inventory.targets).filter((name) => !claims.has(name));
    return {inventory, targets, without};
  });

/** Ends the process that works for this run, and removes its claims. What the run changed stays. */
export const takeOverClaims = (
  host: Pick<Host, 'state'>,
  file: string,
  claims: readonly (ClaimKey & {readonly target: string})[],
  signal: AbortSignal,
): Promise<void> =>
  withClaims(host, file, signal, async (_inventory, systems) => {
    for (const {target, ...claim} of claims) {
      const answer = await systems.get(target)?.takeOver(claim, signal);
      if (answer === 'read-only') {
        throw new SwitcharooError(claimNotRemoved(target, claim.run));
      }
    }
  });

/** What became of the process of another host on each target that a shared run had claimed there. */
export interface EndedHold {
  readonly target: string;
  /** Its server takes no writes now, so the claim is still written there. */
  readonly keepsClaim?: true;
  /** Why nobody can tell whether its session was ended. */
  readonly problem?: Problem;
}

/** What a run claimed, by the names of the inventory. */
export interface ClaimedTargets {
  /** At any time. Empty where its journal does not say so yet. */
  readonly ever: readonly string[];
  /** On which its process had a session and no claim that lasts. */
  readonly whileActing: readonly string[];
}

/** The targets of an inventory that can be claimed, opened. Each secret was read; nothing is connected yet. */
export interface OpenClaims {
  readonly systems: ReadonlyMap<string, SystemClaim>;
  /** Those that cannot be opened on this host, and that were not needed. */
  readonly closed: ReadonlyMap<string, Problem>;
  readonly redactor: Redactor;
  close(): Promise<void>;
}

/**
 * Opens all targets that can be claimed.
 *
 * @param needed those that must open; without it, all
 * @throws SwitcharooError with each problem of a target that is needed: `secret-missing`, `target-invalid`
 */
export async function openClaims(
  host: Pick<Host, 'state'>,
  inventory: Inventory,
  signal: AbortSignal,
  needed?: readonly string[],
): Promise<OpenClaims> {
  const {all, opening, open} = await openLoaded(host, inventory, signal);
  const names = Object.keys(all).filter((name) => all[name]?.claimNeeds !== undefined);
  const opened = await Promise.all(names.map((target) => openClaim(target, open)));
  const problems = opened
    .filter(({target}) => needed?.includes(target) ?? true)
    .flatMap((each) => each.problems ?? []);
  if (problems.length > 0) {
    await open.close();
    refuseAny(problems);
  }
  const systems = new Map(
    opened.flatMap(({target, claim}) => (claim ? [[target, claim] as const] : [])),
  );
  const closed = new Map(
    opened.flatMap(({target, problems: [problem] = []}) =>
      problem ? [[target, problem] as const] : [],
    ),
  );
  return {systems, closed, redactor: opening.redactor, close: open.close};
}

interface OpenedClaim {
  readonly target: string;
  readonly claim?: SystemClaim | undefined;
  readonly problems?: readonly Problem[];
}

async function openClaim(target: string, open: OpenTargets): Promise<OpenedClaim> {
  try {
    const {claim} = await open.session(target);
    return {target, claim};
  } catch (error) {
    return {target, problems: problemsIn(error)};
  }
}

/**
 * Ends the database sessions of a run that was taken over from another host, and removes its claims. A server that
 * takes no writes keeps the claim: the log of the run says whose it is.
 */
export async function endHolds(
  {systems, closed, redactor}: OpenClaims,
  run: string,
  {ever, whileActing}: ClaimedTargets,
  signal: AbortSignal,
): Promise<readonly EndedHold[]> {
  const ended = [...systems].map(async ([target, claim]): Promise<readonly EndedHold[]> => {
    try {
      const {claim: seen, holder} = await claim.look(signal);
      const isActing = seen === null && holder !== null && whileActing.includes(target);
      if (seen?.run !== run && !isActing) {
        return [];
      }
      const answer = await claim.takeOver(seen ?? {run, journal: ''}, signal);
      return [{target, ...(answer === 'read-only' && seen ? {keepsClaim: true} : {})}];
    } catch (error) {
      if (error instanceof SwitcharooError) {
        return [{target, problem: error.problem}];
      }
      throw error;
    }
  });
  const known = (await Promise.all(ended)).flat();
  // It may have claimed one of them, if its journal does not name any yet.
  const unknown = [...closed].flatMap(([target, problem]) =>
    ever.length === 0 || ever.includes(target) ? [{target, problem}] : [],
  );
  return redactor.value([...known, ...unknown]);
}

async function withClaims<Result>(
  host: Pick<Host, 'state'>,
  file: string,
  signal: AbortSignal,
  work: (inventory: Inventory, claims: ReadonlyMap<string, SystemClaim>) => Promise<Result>,
): Promise<Result> {
  const inventory = loadInventory(file, host.state.path);
  const {systems, redactor, close} = await openClaims(host, inventory, signal);
  try {
    return redactor.value(await work(inventory, systems));
  } finally {
    await close();
  }
}

const claimNotRemoved = (target: string, run: string): Problem => ({
  code: 'claim-not-removed',
  message: `${target} takes no writes (super_read_only = ON), so the claim of ${run} stays in switcharoo.claim.`,
  hint: 'Repeat the command when the server accepts writes again. Until then, no run can change it.',
});
