import type {Measure} from './aws/cloudwatch.ts';
import type {LabAlarm} from './aws/cloudwatch-alarms.ts';
import type {Ecs} from './aws/ecs.ts';
import {arnsOf} from './aws/elb-arns.ts';
import type {Rds} from './aws/rds.ts';
import type {LabVpn} from './aws/vpn.ts';
import type {LoadBalancer} from './load-balancer.ts';

/** Where a host of the database has its backups. They hold nothing: their age and size are checked. */
export const backups = {
  '/srv/backup/shop-full.xbstream':
    'The lab makes no backup: its databases are made for each lab.\n',
};

/** As CloudWatch names the load balancer. */
const balancerDimension = arnsOf({name: 'shop'}).loadBalancer.replace(/^.*:loadbalancer\//, '');

/** What CloudWatch measures in the lab: the tasks, the cluster and the load balancer. */
export const measureOf =
  ({
    ecs,
    rds,
    loadBalancer,
  }: {
    readonly ecs: Ecs;
    readonly rds: Rds;
    readonly loadBalancer: LoadBalancer;
  }): Measure =>
  (metric) => {
    if (metric.namespace === 'AWS/ApplicationELB') {
      return metric.dimensions['LoadBalancer'] === balancerDimension
        ? loadBalancer.measured(metric.name)
        : [];
    }
    return metric.name === 'MemoryUtilization'
      ? ecs.memoryUse(metric.dimensions['ServiceName'] ?? '')
      : rds.measure(metric);
  };

const alarmPeriodMs = 60_000;
const alarmAbove = 10;

/** Its alarm of more than ten answers with 5xx in a minute. */
export const errorAlarm = (loadBalancer: LoadBalancer): LabAlarm => ({
  name: 'shop-5xx',
  kind: 'metric',
  actionsEnabled: true,
  get state() {
    const since = new Date(Date.now() - alarmPeriodMs);
    const errors = ['HTTPCode_ELB_5XX_Count', 'HTTPCode_Target_5XX_Count']
      .flatMap((name) => loadBalancer.measured(name))
      .filter(({at}) => at > since);
    return errors.length > alarmAbove ? 'ALARM' : 'OK';
  },
});

/** The VPN between the old hosts and AWS. */
export function officeVpn(): LabVpn {
  const up = (address: string) => ({
    ...{address, status: 'UP', statusMessage: '', lastStatusChange: new Date()},
    acceptedRouteCount: 2,
  });
  return {
    id: 'vpn-0123456789abcdef0',
    state: 'available',
    staticRoutesOnly: false,
    tunnels: [up('203.0.113.10'), up('203.0.113.11')],
  };
}
