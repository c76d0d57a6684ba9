import {z} from 'zod';
import {defineGate, type Finding, SwitcharooError, verdictOn, waiting} from '../../src/index.ts';
import {checkPrivileges, judgedByCatalogue, mysqlServer} from '../mysql/index.ts';
import {auroraChecks} from './checks/catalogue.ts';
import {type LookOver, lookOver} from './checks/check.ts';
import {clusterStatusChecks} from './checks/cluster.ts';
import {auroraCluster} from './target.ts';

/** Checks, days before the cutover, whether Aurora can take over from this source, and whether that can be reversed. */
export const readyAsTarget = defineGate({
  name: 'aurora.ready-as-target',
  summary:
    'Check that the Aurora cluster can replicate both ways, can refuse writes, and fits the source.',
  targets: {aurora: auroraCluster, source: mysqlServer, replica: mysqlServer},
  input: z.object({}),
  output: z.object({}),
  needs: {
    aurora: [
      'rds:DescribeDBClusters',
      'rds:DescribeDBInstances',
      'rds:DescribeDBClusterParameters',
      'cloudwatch:GetMetricData',
      'EXECUTE ON mysql.*',
      ...checkPrivileges,
    ],
    source: checkPrivileges,
    replica: checkPrivileges,
  },
  timeoutMs: 600_000,
  neverSkip: 'Only this gate finds what would break replication or lose data later.',

  check: ({targets: {aurora, source, replica}, shared, stillReading, signal}) =>
    judgedByCatalogue({shared, stillReading}, async (look) => {
      const words = {...{aurora, source, replica, signal, look}, trouble: 'thrown'} as const;
      const findings = await findingsOf(words);
      const moving = findings.find(({check}) => check === 'cluster-not-available');
      const isBlocked = findings.some(
        ({severity, check}) => severity === 'blocks' && !(moving && passing.has(check)),
      );
      return moving && !isBlocked
        ? waiting(moving.observed)
        : verdictOn(findings, {}, `${aurora.name} is not ready as the target`);
    }),
});

/** What RDS itself ends while it changes a cluster. */
const passing = new Set([
  'changes-pending',
  'parameters-pending-reboot',
  'security-groups-inactive',
]);

/** A writer that is being restarted answers no statement: then RDS says whether to wait for it. */
async function findingsOf(look: LookOver): Promise<readonly Finding[]> {
  try {
    return (await lookOver(auroraChecks, look)).findings;
  } catch (cause) {
    const looked = await lookOver(clusterStatusChecks, look).catch(() => undefined);
    const finding = looked?.findings[0];
    if (!finding || !(cause instanceof SwitcharooError)) {
      throw cause;
    }
    const {message} = cause.problem;
    return [{...finding, observed: `${finding.observed}: ${message.replace(/\.$/, '')}`}];
  }
}
