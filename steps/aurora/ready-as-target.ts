import {z} from 'zod';
import {blocked, defineGate, done, settling} from '../../src/index.ts';
import {type AuroraReader, auroraCluster} from './cluster.ts';
import {missingUses} from './procedures.ts';
import type {ClusterState, WriterState} from './rds.ts';

/** Looks, days before the night, whether Aurora can take over, and be gone back from. */
export const readyAsTarget = defineGate({
  name: 'aurora.ready-as-target',
  summary: 'See that the Aurora cluster can replicate, be fenced, and be followed.',
  targets: {aurora: auroraCluster},
  input: z.object({}),
  output: z.object({}),
  needs: {
    aurora: [
      'rds:DescribeDBClusters',
      'rds:DescribeDBInstances',
      'REPLICATION CLIENT',
      'EXECUTE ON mysql.*',
      'SELECT ON mysql.*',
    ],
  },
  timeoutMs: 600_000,

  async check({targets: {aurora}, signal}) {
    const cluster = await aurora.cluster(signal);
    if (!cluster) {
      return blocked(
        `RDS has no cluster ${aurora.clusterIdentifier} in this account and region.`,
        `Correct clusterIdentifier or region in the inventory's entry ${aurora.name}.`,
      );
    }
    const problems = [...clusterProblems(cluster), ...(await serverProblems(aurora, signal))];
    if (problems.length > 0) {
      return blocked(
        `${aurora.name} is not ready as the target: ${problems.map(({is}) => is).join('; ')}.`,
        [...new Set(problems.map(({hint}) => hint))].join(' '),
      );
    }
    const moving = [cluster.status, cluster.writer?.status].find(
      (status) => status !== 'available',
    );
    return moving === undefined
      ? done({})
      : settling(`cluster ${aurora.clusterIdentifier} is ${moving}, not available`);
  },
});

interface Trouble {
  readonly is: string;
  readonly hint: string;
}

function clusterProblems(cluster: ClusterState): readonly Trouble[] {
  const {engine, engineVersion, parameterGroup, parameters, writer} = cluster;
  return [
    ...(engine === 'aurora-mysql' || engine === 'aurora'
      ? []
      : [{is: `its engine is ${engine} ${engineVersion}`, hint: 'Name an Aurora MySQL cluster.'}]),
    ...(parameters === 'pending-reboot'
      ? [{is: `the writer has not taken the parameters of ${parameterGroup} yet`, hint: rebootHint}]
      : []),
    ...(writer
      ? writerProblems(writer)
      : [{is: 'it has no writer instance', hint: 'Add a DB instance to the cluster.'}]),
  ];
}

const rebootHint = 'Reboot the writer instance, days before the night.';

function writerProblems({identifier, parameters, pendingChanges}: WriterState): readonly Trouble[] {
  const waiting = parameters.filter(({status}) => status === 'pending-reboot');
  return [
    ...waiting.map(({group}) => ({
      is: `${identifier} has not taken the parameters of ${group} yet`,
      hint: rebootHint,
    })),
    ...(pendingChanges.length > 0
      ? [
          {
            is: `${identifier} has changes waiting: ${pendingChanges.join(', ')}`,
            hint: 'Apply pending changes at once, so that no maintenance window falls into the cutover.',
          },
        ]
      : []),
  ];
}

async function serverProblems(
  aurora: AuroraReader,
  signal: AbortSignal,
): Promise<readonly Trouble[]> {
  const missing = missingUses(await aurora.procedures(signal), aurora.name);
  const settings = await aurora.settings(['log_bin', 'binlog_format', 'collation_server'], signal);
  return [
    ...missing.map(({message, hint}) => ({is: message.replace(/\.$/, ''), hint})),
    ...logProblems(settings),
    ...collationProblems(settings),
    ...(await retentionProblems(aurora, signal)),
  ];
}

function logProblems({log_bin: log, binlog_format: format}: Readonly<Record<string, string>>) {
  return log === 'ON' && format === 'ROW'
    ? []
    : [
        {
          is: `log_bin is ${log} and binlog_format is ${format}, so nobody could follow it back`,
          hint: 'Set binlog_format = ROW in the cluster parameter group, and reboot the writer.',
        },
      ];
}

/** A server older than 8.0 stops at the first event that names such a collation: error 22, character set '#255'. */
function collationProblems({collation_server: collation = ''}: Readonly<Record<string, string>>) {
  return collation.includes('_0900_')
    ? [
        {
          is: `collation_server is ${collation}, which a server before 8.0 cannot follow`,
          hint: 'Set collation_server = utf8mb4_general_ci in the cluster parameter group.',
        },
      ]
    : [];
}

async function retentionProblems(aurora: AuroraReader, signal: AbortSignal) {
  const hours = await aurora.binlogRetentionHours(signal);
  return hours !== null && hours >= leastRetentionHours
    ? []
    : [
        {
          is:
            hours === null
              ? 'its binary logs are purged as soon as Aurora likes'
              : `its binary logs are kept ${hours} h, and a way back needs ${leastRetentionHours} h`,
          hint: "On Aurora: CALL mysql.rds_set_configuration('binlog retention hours', 168).",
        },
      ];
}

const leastRetentionHours = 24;
