import type {Problem} from '../../../src/index.ts';

export const snapshotRefused = (cluster: string, refusal: string): Problem => ({
  code: 'aurora-snapshot-refused',
  message: `RDS refuses the request for a snapshot of cluster ${cluster}: ${refusal}`,
  hint: 'Correct what it names, then resume. Show the snapshots with: aws rds describe-db-cluster-snapshots',
});

export const snapshotOfOthers = (identifier: string, run: string): Problem => ({
  code: 'aurora-snapshot-of-others',
  message: `The snapshot ${identifier} does not have the tags of run ${run}.`,
  hint: 'Check in CloudTrail who created it. Delete it if nobody needs it, then resume.',
});
