import type {Observation} from '../../../src/index.ts';
import {stuckFix} from '../cluster/status.ts';
import type {ClusterState, WriterState} from '../contract.ts';
import type {AuroraCheck} from './check.ts';

/** The cluster as the RDS API describes it. */
export const clusterChecks: readonly AuroraCheck[] = [
  {
    name: 'cluster-missing',
    severity: 'blocks',
    looksAt: 'cluster',
    expects: 'The cluster of the inventory exists.',
    consequence: 'Nothing can be checked on it.',
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
    consequence: 'It has other procedures, or cannot replicate from an external server.',
    fix: 'Set the clusterIdentifier of an Aurora MySQL cluster with engine mode provisioned.',
    is: ({engine, engineVersion, engineMode}) =>
      (engine === 'aurora-mysql' || engine === 'aurora') && engineMode === 'provisioned'
        ? null
        : `is ${engine} ${engineVersion}, ${engineMode}`,
  }),
  ...statusChecks(),
  ofCluster({
    name: 'writer-missing',
    severity: 'blocks',
    expects: 'The cluster has a writer instance.',
    consequence: 'No server answers at its endpoint.',
    fix: 'Add a DB instance to the cluster.',
    is: ({writer}) => (writer ? null : 'has no writer instance'),
  }),
  ofCluster({
    name: 'parameters-pending-reboot',
    severity: 'blocks',
    expects: 'The parameters of its groups are in force on the writer.',
    consequence: 'A changed parameter such as binlog_format is not in force yet.',
    fix: 'Reboot the writer instance, days before the cutover.',
    is: ({parameters, parameterGroup, writer}) => {
      const waiting = [
        ...(parameters === 'pending-reboot' ? [parameterGroup] : []),
        ...(writer?.parameters ?? [])
          .filter(({status}) => status === 'pending-reboot')
          .map(({group}) => group),
      ];
      return waiting.length > 0
        ? `has a writer that needs a reboot for the parameters of ${waiting.join(', ')}`
        : null;
    },
  }),
  ofCluster({
    name: 'changes-pending',
    severity: 'blocks',
    expects: 'No change waits for a maintenance window.',
    consequence: 'The window may fall into the cutover, and the writer restarts.',
    fix: 'aws rds modify-db-cluster or modify-db-instance with --apply-immediately.',
    is: ({pendingChanges, writer}) => {
      const waiting = [...pendingChanges, ...(writer?.pendingChanges ?? [])];
      return waiting.length > 0 ? `has pending changes: ${waiting.join(', ')}` : null;
    },
  }),
  ofCluster({
    name: 'parameter-group-not-row',
    severity: 'blocks',
    expects: 'The cluster parameter group has binlog_format = ROW.',
    consequence: 'After the next reboot or failover, reverse replication is impossible.',
    fix: 'Set binlog_format = ROW in a cluster parameter group of your own, and reboot the writer.',
    is: ({binlogFormat, parameterGroup}) =>
      binlogFormat === 'ROW'
        ? null
        : `has binlog_format = ${binlogFormat ?? 'OFF (the default)'} in its parameter group ${parameterGroup}`,
  }),
  ofCluster({
    name: 'writes-accepted-after-restart',
    severity: 'warns',
    expects: 'read_only = 1 in the cluster parameter group until writes are open.',
    consequence:
      'A reboot or a failover before the cutover opens Aurora for writes, until the run refuses them again.',
    fix: 'Set read_only = 1 in that group, and reset it once writes are open. The steps aurora.refuse-writes-after-restart and aurora.accept-writes-after-restart do this.',
    is: ({readOnly, parameterGroup}) =>
      readOnly === '1'
        ? null
        : `has read_only = ${readOnly ?? '0 (the default)'} in its parameter group ${parameterGroup}`,
  }),
  ofCluster({
    name: 'single-instance',
    severity: 'warns',
    expects: 'The cluster has a second instance to fail over to.',
    consequence: 'If the writer is lost, a new one takes minutes.',
    fix: 'Add a reader before the cutover.',
    is: ({readers}) => (readers.length > 0 ? null : 'has no instance besides its writer'),
  }),
  ofCluster({
    name: 'deletion-protection-off',
    severity: 'warns',
    expects: 'The cluster is protected against deletion.',
    consequence: 'One wrong command deletes the database.',
    fix: 'aws rds modify-db-cluster --deletion-protection --apply-immediately.',
    is: ({deletionProtection}) => (deletionProtection ? null : 'has no deletion protection'),
  }),
  ofCluster({
    name: 'backup-retention-short',
    severity: 'warns',
    expects: 'Backups are kept for 7 days.',
    consequence: 'Data that was damaged earlier cannot be restored.',
    fix: 'aws rds modify-db-cluster --backup-retention-period 7 --apply-immediately.',
    is: ({backupRetentionDays: days}) =>
      days >= 7 ? null : `keeps its backups for ${days} ${days === 1 ? 'day' : 'days'}`,
  }),
  ofCluster({
    name: 'storage-not-encrypted',
    severity: 'warns',
    expects: 'The storage is encrypted.',
    consequence:
      'Encryption can only be set when a cluster is created: later it needs another migration.',
    fix: 'If you need it, restore a snapshot into an encrypted cluster now.',
    is: ({encrypted}) => (encrypted ? null : 'has storage that is not encrypted'),
  }),
  ofCluster({
    name: 'security-groups-inactive',
    severity: 'blocks',
    expects: 'The cluster has security groups, and they are active.',
    consequence: 'Neither the application nor the old source can connect.',
    fix: 'Attach a security group that admits the application, switcharoo, and the old source.',
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
    name: 'writer-publicly-accessible',
    severity: 'warns',
    expects: 'The writer has no public address.',
    consequence: 'Only the security group protects it from the internet.',
    fix: 'aws rds modify-db-instance --no-publicly-accessible, unless reverse replication needs it.',
    is: ofWriter(({publiclyAccessible, identifier}) =>
      publiclyAccessible ? `has a writer ${identifier} with a public address` : null,
    ),
  }),
  ofCluster({
    name: 'auto-minor-upgrade-on',
    severity: 'warns',
    expects: 'Automatic minor version upgrades are off.',
    consequence:
      'A maintenance window may upgrade and restart the writer while the cutover can still be reversed.',
    fix: 'aws rds modify-db-instance --no-auto-minor-version-upgrade, until reverse replication is stopped.',
    is: ofWriter(({autoMinorVersionUpgrade, identifier}) =>
      autoMinorVersionUpgrade
        ? `has a writer ${identifier} with automatic minor version upgrades`
        : null,
    ),
  }),
];

/** Whether RDS is changing it, or has given it up. */
function statusChecks(): readonly AuroraCheck[] {
  return [
    ofCluster({
      name: 'cluster-not-available',
      severity: 'warns',
      expects: 'The cluster and its writer are available.',
      consequence: 'A gate waits until they are.',
      fix: 'Wait; the RDS console shows the progress.',
      is: (state) => {
        const busy = unavailablePart(state);
        return busy === null || stuckFix(busy.status) !== null
          ? null
          : `${busy.part}is ${busy.status}, not available`;
      },
    }),
    ofCluster({
      name: 'cluster-stuck',
      severity: 'blocks',
      expects: 'The cluster and its writer are available, or become available by themselves.',
      consequence: 'Waiting does not help: the run cannot start.',
      fix: 'Read its events: aws rds describe-events. What to do depends on the state, which the finding names.',
      is: (state) => {
        const busy = unavailablePart(state);
        const fix = busy && stuckFix(busy.status);
        return fix
          ? {is: `${busy.part}is ${busy.status}, and does not become available by itself`, fix}
          : null;
      },
    }),
  ];
}

/** They need the API of RDS alone. */
export const clusterStatusChecks = statusChecks();

type Describe = (cluster: ClusterState) => string | Observation | null;

/** The cluster, or its writer, where one is not available; what no waiting changes first. */
function unavailablePart({
  status,
  writer,
}: ClusterState): {readonly part: string; readonly status: string} | null {
  const parts = [
    {part: '', status},
    ...(writer ? [{part: `has a writer ${writer.identifier} that `, status: writer.status}] : []),
  ].filter((part) => part.status !== 'available');
  return parts.find((part) => stuckFix(part.status) !== null) ?? parts[0] ?? null;
}

/** No finding for a cluster that does not exist: `cluster-missing` reports that. */
function ofCluster({
  is,
  ...words
}: Omit<AuroraCheck, 'looksAt' | 'find'> & {is: Describe}): AuroraCheck {
  return {
    ...words,
    looksAt: 'cluster',
    find: async ({reader, cluster}): Promise<readonly Observation[]> => {
      const state = await cluster();
      const seen = state && is(state);
      if (!seen) {
        return [];
      }
      const {is: text, ...rest} = typeof seen === 'string' ? {is: seen} : seen;
      return [{is: `cluster ${reader.clusterIdentifier} ${text}`, ...rest}];
    },
  };
}

function ofWriter(describe: (writer: WriterState) => string | null): Describe {
  return ({writer}) => writer && describe(writer);
}
