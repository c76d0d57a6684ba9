import {useReason} from '../cluster/in-use.ts';
import {stuckFix} from '../cluster/status.ts';
import type {AuroraReader, RestoredCluster} from '../contract.ts';

export interface RunEntry {
  readonly id: string;
  readonly entry: string;
}

/** They show that the cluster is this run's: after a lost answer nothing else tells whether it was created. */
export const tagsOf = ({id, entry}: RunEntry) => ({
  'switcharoo:run': id,
  'switcharoo:entry': entry,
});

export const isOfRun = ({tags}: RestoredCluster, run: RunEntry): boolean =>
  Object.entries(tagsOf(run)).every(([name, value]) => tags[name] === value);

export const createdByText = ({tags}: RestoredCluster): string => {
  const run = tags['switcharoo:run'];
  return run === undefined ? 'this run did not create it' : `run ${run} created it`;
};

/** What to do where a restore does not go on. A cluster that is being deleted is soon gone, as in a reversal. */
export const restoreFix = (status: string): string | null =>
  status.startsWith('delet') ? null : stuckFix(status);

export const progressText = (
  name: string,
  status: string,
  {progress}: Pick<RestoredCluster, 'progress'>,
): string => `${name} is ${status}${progress === null ? '' : `, ${progress} %`}`;

/** Why the cluster may not be deleted; `null` when it may. Without an instance nobody can have written there. */
export async function keepReason(
  aurora: AuroraReader,
  {deletionProtection, instances}: RestoredCluster,
  signal: AbortSignal,
): Promise<string | null> {
  if (deletionProtection) {
    return 'its deletion protection is on';
  }
  return instances.some(({status}) => status === 'available') ? useReason(aurora, signal) : null;
}
