/**
 * What to do about a status of a cluster or an instance that RDS itself does not leave for `available`; `null` for one
 * that it does, such as `modifying`, and for one that nobody knows yet. Sources: Aurora user guide, "Viewing Amazon
 * Aurora DB cluster status" and "Viewing DB instance status"; re:Post, "What does Aurora MySQL store in the local
 * storage": logs and temporary tables, and only a larger instance class has more of it. The cluster volume grows.
 */
export function stuckFix(status: string): string | null {
  return (
    Object.entries(fixes).find(([name]) => status === name)?.[1] ??
    (/failed|incompatible|error/.test(status) ? readEvents : null)
  );
}

const lostKey =
  'Its KMS key was lost for too long: enable the key, and restore the newest backup into another cluster. Without the key, the data is lost.';
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
  'inaccessible-encryption-credentials': lostKey,
  'inaccessible-encryption-credentials-recoverable':
    'Enable its KMS key and the grants of RDS again within seven days, then start it: aws rds start-db-cluster.',
  failed: 'RDS cannot recover it: restore the latest point in time into another cluster.',
  'incompatible-network':
    'Free IP addresses in its subnets, or repair its VPC: aws rds describe-events says what is missing.',
  'incompatible-parameters':
    'Reset what was changed in its parameter group, then reboot it: aws rds describe-events names the parameters.',
  'insufficient-capacity':
    'Create an instance of another class, or in another availability zone; or delete it, and create it again in some hours.',
  'storage-full':
    'Set a larger instance class: it has more local storage, for logs and temporary tables. The cluster volume grows by itself.',
};
