import {z} from 'zod';
import {defineGate, verdictOn, waiting} from '../../src/index.ts';
import {checkPrivileges, judgedByCatalogue, mysqlServer} from '../mysql/index.ts';
import {auroraChecks} from './checks/catalogue.ts';
import {lookOver} from './checks/check.ts';
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
      const {findings} = await lookOver(auroraChecks, {
        ...{aurora, source, replica, signal, look},
        trouble: 'thrown',
      });
      const moving = findings.find(({check}) => check === 'cluster-not-available');
      const isBlocked = findings.some(({severity}) => severity === 'blocks');
      return moving && !isBlocked
        ? waiting(moving.observed)
        : verdictOn(findings, {}, `${aurora.name} is not ready as the target`);
    }),
});
