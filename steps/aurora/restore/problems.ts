import type {Problem} from '../../../src/index.ts';

export const restoreRefused = (cluster: string, answer: string): Problem => ({
  code: 'aurora-restore-refused',
  message: `RDS refuses the request for cluster ${cluster}: ${answer}`,
  hint: 'Correct the input of the entry, the bucket or the role, then resume.',
});

export const restoreFailed = (cluster: string, status: string, event: string | null): Problem => ({
  code: 'aurora-restore-failed',
  message: `Cluster ${cluster} is ${status}${event === null ? '' : `; last event: ${event}`}.`,
  hint: `Read its error log and \`aws rds describe-events --source-type db-cluster --source-identifier ${cluster}\`; reverse, correct the backup or the input, then run again.`,
});

export const clusterOfAnotherRun = (cluster: string, run: string): Problem => ({
  code: 'aurora-cluster-of-another-run',
  message: `Cluster ${cluster} exists, and run ${run} did not create it: nothing is created or deleted there.`,
  hint: 'Set another clusterIdentifier in the inventory, or leave the entry out.',
});

export const clusterMissing = (cluster: string): Problem => ({
  code: 'aurora-cluster-missing',
  message: `Cluster ${cluster}, which this run has created, no longer exists.`,
  hint: 'Check in CloudTrail who called DeleteDBCluster, then resume: the cluster is created again.',
});

export const clusterKept = (cluster: string, reason: string): Problem => ({
  code: 'aurora-cluster-kept',
  message: `Cluster ${cluster} is not deleted: ${reason}.`,
  hint: 'Reverse the later entries first, then reverse again.',
});
