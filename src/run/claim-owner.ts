import type {Claim, ClaimKey} from '../model/target.ts';
import type {Host} from './host.ts';
import {isOver, readableProgress} from './past-runs.ts';

type Past = Pick<Host, 'state'>;

/** The run of this process, and the runs beside which a person lets it work. */
export interface Claimant {
  readonly host: Past;
  readonly run: string;
  readonly besides?: readonly string[];
  /** The log that its hosts share says whose the run is: a claim of another host is its own after a take-over. */
  readonly isShared?: boolean;
}

/**
 * Whose a claim is. `own`: of this run, and of this journal. `copied`: of this run, but of another file of its journal.
 * `ended`: left over by a run of this folder that is over. `foreign`: of any other.
 */
export type ClaimRelation = 'none' | 'own' | 'copied' | 'ended' | 'foreign';

/**
 * A journal in this folder proves something about a claim only when the claim was made with that very file: a copy of
 * the folder does not know what the run changed later, and neither does a journal that is not over.
 */
export function relationTo(
  {host, run, isShared = false}: Claimant,
  claim: Claim | null,
): ClaimRelation {
  if (!claim) {
    return 'none';
  }
  const isHere = isMadeHere(host, claim);
  if (claim.run === run) {
    return isHere || isShared ? 'own' : 'copied';
  }
  const progress = readableProgress(host, claim.run);
  // Of a run that was shared, the journal of any of its hosts tells.
  const isKnown = isHere || progress?.run.storePlace !== undefined;
  return progress && isKnown && isOver(progress) ? 'ended' : 'foreign';
}

/** Whether the journal with which a claim was made lies in this folder; a copy of it does not count. */
export const isMadeHere = ({state}: Past, {run, journal}: ClaimKey): boolean =>
  state.journalIdentity(run) === journal;

/** Refuses a run beside the owner of a system. A guard stands for nothing that this run changes itself. */
export function isInTheWay(claimant: Claimant, claim: Claim | null, isGuard: boolean): boolean {
  const relation = relationTo(claimant, claim);
  const isAllowed = isGuard && claim !== null && claimant.besides?.includes(claim.run);
  return relation === 'copied' || (relation === 'foreign' && !isAllowed);
}
