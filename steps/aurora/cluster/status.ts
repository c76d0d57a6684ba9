/**
 * What to do about a status of a cluster or an instance that RDS itself does not leave for `available`; `null` for one
 * that it does, such as `modifying`, and for one that nobody knows yet. Sources: Aurora user guide, "Viewing Amazon
 * Aurora DB cluster status" and "Viewing DB instance status".
 */
export function stuckFix(status: string): string | null {
  return (
    Object.entries(fixes).find(([name]) => status === name)?.[1] ??
    (/failed|incompatible|error/.test(status) ? readEvents : null)
  );
}

const startIt = 'Start it: aws rds start-db-cluster.';
const beingDeleted =
  'Check in CloudTrail who deletes it, then set another clusterIdentifier in the inventory.';
const readEvents =
  'Read the cause with aws rds describe-events, then fix the parameter group, the network or the backup.';

const fixes: Readonly<Record<string, string>> = {
  stopping: startIt,
  stopped: startIt,
  deleting: beingDeleted,
  'delete-precheck': beingDeleted,
  'inaccessible-encryption-credentials':
    'Its KMS key was lost for too long: restore the newest backup into another cluster.',
  'inaccessible-encryption-credentials-recoverable':
    'Enable its KMS key and the grants of RDS again within seven days, then start it: aws rds start-db-cluster.',
  'insufficient-capacity':
    'Set another instance class, or put an instance into another availability zone.',
  'storage-full': 'Delete data, or set a larger instance class, which has more local storage.',
};
