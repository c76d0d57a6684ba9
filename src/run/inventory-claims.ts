import {withholdSecrets} from '../inventory/environment.ts';
import {type Inventory, loadInventory} from '../inventory/inventory.ts';
import {openTargets} from '../inventory/targets.ts';
import {Redactor} from '../journal/redactor.ts';
import {type Problem, SwitcharooError} from '../model/problem.ts';
import type {ClaimKey, ClaimStatus, SystemClaim} from '../model/target.ts';
import type {Host} from './host.ts';
import {claimableKinds} from './step-library.ts';

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
  /** Why nobody can tell whether its session was ended. */
  readonly problem?: Problem;
}

/**
 * Ends the database sessions of a run that was taken over from another host, and removes its claims. A server that
 * takes no writes keeps the claim: the log of the run says whose it is. `whileActing`: targets on which its process had
 * a session and no claim that lasts.
 */
export const endHolds = (
  host: Pick<Host, 'state'>,
  file: string,
  {run, whileActing}: {readonly run: string; readonly whileActing: readonly string[]},
  signal: AbortSignal,
): Promise<readonly EndedHold[]> =>
  withClaims(host, file, signal, async (_inventory, systems) => {
    const ended = [...systems].map(async ([target, claim]): Promise<readonly EndedHold[]> => {
      try {
        const {claim: seen, holder} = await claim.look(signal);
        const isActing = seen === null && holder !== null && whileActing.includes(target);
        if (seen?.run !== run && !isActing) {
          return [];
        }
        await claim.takeOver(seen ?? {run, journal: ''}, signal);
        return [{target}];
      } catch (error) {
        if (error instanceof SwitcharooError) {
          return [{target, problem: error.problem}];
        }
        throw error;
      }
    });
    return (await Promise.all(ended)).flat();
  });

async function withClaims<Result>(
  {state}: Pick<Host, 'state'>,
  file: string,
  signal: AbortSignal,
  work: (inventory: Inventory, claims: ReadonlyMap<string, SystemClaim>) => Promise<Result>,
): Promise<Result> {
  const inventory = loadInventory(file, state.path);
  const environment = withholdSecrets(inventory, process.env);
  const kinds = await claimableKinds(inventory);
  const redactor = new Redactor();
  const opening = {kinds, inventory, redactor, environment, signal, stateFolder: state.path};
  const open = await openTargets(opening);
  try {
    const claims = new Map<string, SystemClaim>();
    for (const target of Object.keys(kinds)) {
      const {claim} = await open.session(target);
      if (claim) {
        claims.set(target, claim);
      }
    }
    return redactor.value(await work(inventory, claims));
  } finally {
    await open.close();
  }
}

const claimNotRemoved = (target: string, run: string): Problem => ({
  code: 'claim-not-removed',
  message: `${target} takes no writes (super_read_only = ON), so the claim of ${run} stays in switcharoo.claim.`,
  hint: 'Repeat the command when the server accepts writes again. Until then, no run can change it.',
});
