import type {Found} from '../../../src/index.ts';
import type {Worst} from '../../aws/metrics.ts';
import type {LeastRoom} from '../cluster/capacity.ts';
import type {ClusterState, WriterState} from '../cluster/rds.ts';
import type {AuroraCheck} from './check.ts';

const gib = 1_024 ** 3;

/** What the APIs of RDS and CloudWatch can answer. */
export const clusterChecks: readonly AuroraCheck[] = [
  {
    name: 'cluster-missing',
    severity: 'blocks',
    looksAt: 'cluster',
    expects: 'RDS knows the cluster that the inventory names.',
    consequence: 'Nothing of the cluster is known.',
    fix: "Correct clusterIdentifier or region in the inventory's entry.",
    find: async ({reader, cluster}) =>
      (await cluster())
        ? []
        : [{is: `RDS has no cluster ${reader.clusterIdentifier} in this account and region`}],
  },
  ofCluster({
    name: 'cluster-not-aurora-mysql',
    severity: 'blocks',
    expects: 'The cluster is a provisioned Aurora MySQL.',
    consequence: 'It has other procedures, or cannot replicate from outside.',
    fix: 'Name an Aurora MySQL cluster of the engine mode provisioned.',
    is: ({engine, engineVersion, engineMode}) =>
      (engine === 'aurora-mysql' || engine === 'aurora') && engineMode === 'provisioned'
        ? null
        : `is ${engine} ${engineVersion}, ${engineMode}`,
  }),
  ofCluster({
    name: 'cluster-not-available',
    severity: 'warns',
    expects: 'The cluster and its writer are available.',
    consequence: 'A gate waits until they are.',
    fix: 'Wait, or look in the RDS console what is being done.',
    is: ({status, writer}) => {
      const moving = [status, writer?.status].find(
        (one) => one !== undefined && one !== 'available',
      );
      return moving === undefined ? null : `is ${moving}, not available`;
    },
  }),
  ofCluster({
    name: 'writer-missing',
    severity: 'blocks',
    expects: 'The cluster has a writer instance.',
    consequence: 'There is no server behind its endpoint.',
    fix: 'Add a DB instance to the cluster.',
    is: ({writer}) => (writer ? null : 'has no writer instance'),
  }),
  ofCluster({
    name: 'parameters-not-taken',
    severity: 'blocks',
    expects: 'The writer has taken the parameters of its groups.',
    consequence: 'A parameter such as binlog_format is changed on paper, and not in the server.',
    fix: 'Reboot the writer instance, days before the night.',
    is: ({parameters, parameterGroup, writer}) => {
      const waiting = [
        ...(parameters === 'pending-reboot' ? [parameterGroup] : []),
        ...(writer?.parameters ?? [])
          .filter(({status}) => status === 'pending-reboot')
          .map(({group}) => group),
      ];
      return waiting.length > 0
        ? `has a writer that has not taken the parameters of ${waiting.join(', ')} yet`
        : null;
    },
  }),
  ofCluster({
    name: 'changes-waiting',
    severity: 'blocks',
    expects: 'No change waits for a maintenance window.',
    consequence: 'The window may fall into the cutover, and the writer restarts.',
    fix: 'Apply pending changes at once.',
    is: ({pendingChanges, writer}) => {
      const waiting = [...pendingChanges, ...(writer?.pendingChanges ?? [])];
      return waiting.length > 0 ? `has changes waiting: ${waiting.join(', ')}` : null;
    },
  }),
  ofCluster({
    name: 'binlog-format-of-the-group',
    severity: 'blocks',
    expects: 'The cluster parameter group has binlog_format = ROW.',
    consequence: 'From the next reboot or failover on nobody could follow it back.',
    fix: 'Set binlog_format = ROW in a cluster parameter group of your own, and reboot the writer.',
    is: ({binlogFormat, parameterGroup}) =>
      binlogFormat === 'ROW'
        ? null
        : `has binlog_format = ${binlogFormat ?? 'OFF (the default)'} in its parameter group ${parameterGroup}`,
  }),
  ofCluster({
    name: 'one-instance',
    severity: 'warns',
    expects: 'The cluster has a second instance to fail over to.',
    consequence: 'If the writer is lost, a new one takes minutes.',
    fix: 'Add a reader before the cutover.',
    is: ({readers}) => (readers.length > 0 ? null : 'has no instance besides its writer'),
  }),
  ofCluster({
    name: 'not-protected',
    severity: 'warns',
    expects: 'The cluster is protected against deletion.',
    consequence: 'One wrong command deletes the database.',
    fix: 'aws rds modify-db-cluster --deletion-protection --apply-immediately.',
    is: ({deletionProtection}) => (deletionProtection ? null : 'has no deletion protection'),
  }),
  ofCluster({
    name: 'backups-kept-briefly',
    severity: 'warns',
    expects: 'Backups are kept for a week.',
    consequence: 'A mistake that is found later cannot be put right.',
    fix: 'aws rds modify-db-cluster --backup-retention-period 7 --apply-immediately.',
    is: ({backupRetentionDays: days}) =>
      days >= 7 ? null : `keeps its backups for ${days} ${days === 1 ? 'day' : 'days'}`,
  }),
  ofCluster({
    name: 'not-encrypted',
    severity: 'warns',
    expects: 'The storage is encrypted.',
    consequence: 'It can only be chosen when a cluster is created: later it means another move.',
    fix: 'If it is wanted, restore a snapshot into an encrypted cluster now.',
    is: ({encrypted}) => (encrypted ? null : 'has storage that is not encrypted'),
  }),
  ofCluster({
    name: 'security-groups-not-active',
    severity: 'blocks',
    expects: 'The cluster has security groups, and they are active.',
    consequence: 'Neither the application nor the old source reaches it.',
    fix: 'Give it a security group that lets in the application, switcharoo, and the old source.',
    is: ({securityGroups}) => {
      const idle = securityGroups.filter(({status}) => status !== 'active');
      if (securityGroups.length === 0) {
        return 'has no security group';
      }
      return idle.length > 0
        ? `has security groups that are not active: ${idle.map(({id, status}) => `${id} (${status})`).join(', ')}`
        : null;
    },
  }),
  ofCluster({
    name: 'publicly-accessible',
    severity: 'warns',
    expects: 'The writer has no public address.',
    consequence: 'Only the security group stands between it and everybody.',
    fix: 'aws rds modify-db-instance --no-publicly-accessible, unless the way back needs it.',
    is: ofWriter(({publiclyAccessible, identifier}) =>
      publiclyAccessible ? `has a writer ${identifier} with a public address` : null,
    ),
  }),
  ofCluster({
    name: 'upgrades-itself',
    severity: 'warns',
    expects: 'The writer is not upgraded by itself.',
    consequence:
      'A minor version may come in a maintenance window, and with it a restart, until the way back is closed.',
    fix: 'aws rds modify-db-instance --no-auto-minor-version-upgrade, until the cutover is settled.',
    is: ofWriter(({autoMinorVersionUpgrade, identifier}) =>
      autoMinorVersionUpgrade
        ? `has a writer ${identifier} that takes minor versions by itself`
        : null,
    ),
  }),
  ofRoom('local-storage-low', ({localStorage}) => localStorage, {
    leastBytes: 5 * gib,
    what: 'local storage (FreeLocalStorage)',
    expects: 'The writer had 5 GiB or more of local storage left all through the last day.',
    consequence:
      'Temporary tables, sorting and index builds live there: when it is full they fail, however large the volume is.',
    fix: 'Take a larger instance class, or find out what fills it.',
  }),
  ofRoom('memory-low', ({memory}) => memory, {
    leastBytes: gib / 2,
    what: 'memory (FreeableMemory)',
    expects: 'The writer had 512 MiB or more of memory left all through the last day.',
    consequence:
      'With the load of the source on top the server may be ended for want of memory, and restarts.',
    fix: 'Take a larger instance class, or lower innodb_buffer_pool_size in the parameter group.',
  }),
];

type Says = (cluster: ClusterState) => string | null;

/** Nothing is said of a cluster that is not there: that is a finding of its own. */
function ofCluster({
  is,
  ...words
}: Omit<AuroraCheck, 'looksAt' | 'find'> & {is: Says}): AuroraCheck {
  return {
    ...words,
    looksAt: 'cluster',
    find: async ({reader, cluster}): Promise<readonly Found[]> => {
      const state = await cluster();
      const says = state && is(state);
      return says ? [{is: `cluster ${reader.clusterIdentifier} ${says}`}] : [];
    },
  };
}

function ofWriter(says: (writer: WriterState) => string | null): Says {
  return ({writer}) => writer && says(writer);
}

/** It only warns, so a metric that nobody knows is told, and stops nothing. */
function ofRoom(
  name: string,
  of: (room: LeastRoom) => Worst,
  {
    leastBytes,
    what,
    ...words
  }: Pick<AuroraCheck, 'expects' | 'consequence' | 'fix'> & {leastBytes: number; what: string},
): AuroraCheck {
  return {
    name,
    severity: 'warns',
    looksAt: 'cluster',
    ...words,
    find: async ({reader, cluster, aurora: {signal}}): Promise<readonly Found[]> => {
      const writer = (await cluster())?.writer;
      if (!writer) {
        return [];
      }
      const left = of(await reader.leastRoom(writer.identifier, signal));
      const whose = `cluster ${reader.clusterIdentifier} has a writer ${writer.identifier}`;
      if (left.kind === 'not-measured') {
        return [{is: `${whose} of whose ${what} nothing is known: ${left.why}`}];
      }
      return left.value < leastBytes
        ? [{is: `${whose} that had ${bytesText(left.value)} of ${what} left in the last day`}]
        : [];
    },
  };
}

const bytesText = (bytes: number): string =>
  bytes < gib ? `${Math.floor(bytes / 1_024 ** 2)} MiB` : `${(bytes / gib).toFixed(1)} GiB`;
