import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {createAutoscaling} from './aws/autoscaling.ts';
import {createCloudWatch} from './aws/cloudwatch.ts';
import {createEc2} from './aws/ec2.ts';
import type {Ecs} from './aws/ecs.ts';
import {labSubnets} from './aws/ecs-shapes.ts';
import {createElb} from './aws/elb.ts';
import type {Rules} from './aws/elb-rules.ts';
import {type AwsEndpoint, startAwsEndpoint} from './aws/endpoint.ts';
import {createIdentity} from './aws/identity.ts';
import {createLogs} from './aws/logs.ts';
import {createRds, type Rds} from './aws/rds.ts';
import {createRoute53, type Route53} from './aws/route53.ts';
import type {Domains} from './aws/route53-domains.ts';
import {createScheduler} from './aws/scheduler.ts';
import {createServiceQuotas, fargateQuotas} from './aws/service-quotas.ts';
import type {Credentials} from './aws/signature.ts';
import {createSqs, type LabSqs} from './aws/sqs.ts';
import {balancerDnsName, balancerZoneId} from './balancer-name.ts';
import {type Deployment, startDeployment} from './deployment.ts';
import {exportsQueue} from './exports.ts';
import {startTlsListener} from './load-balancer/tls-listener.ts';
import type {LoadBalancer} from './load-balancer.ts';
import {seedAnew} from './mysql/seed.ts';
import type {Databases} from './mysql/topology.ts';
import {domainsOfLab, movingZone} from './name-servers.ts';
import type {Parts} from './parts.ts';
import {errorAlarm, measureOf, officeVpn} from './safeguards.ts';
import {alternateGroup, createShopService, type Strategy} from './shop-service.ts';
import {otherNames, shopZone, shopZoneName} from './shop-zone.ts';
import {type Site, secret, siteName} from './site.ts';
import {createAuthority, type LabCertificate} from './tls/certificate.ts';

const clusterIdentifier = 'shop-aurora';
const backupBucket = 'shop-backup';

/** The AWS of the lab: its services behind one endpoint. */
export interface Cloud {
  readonly endpoint: AwsEndpoint;
  readonly credentials: Credentials;
  readonly route53: Route53;
  readonly domains: Domains;
  readonly rds: Rds;
  readonly ecs: Ecs;
  readonly sqs: LabSqs;
  readonly deployment: Deployment;
  /** What the inventory names for deployments, and for TLS. */
  readonly variables: Readonly<Record<string, string>>;
}

interface CloudOptions {
  readonly databases: Databases;
  readonly loadBalancer: LoadBalancer;
  /** How ECS deploys the application. */
  readonly strategy: Strategy;
  /** RDS has no cluster until it restores the backup. */
  readonly withoutCluster: boolean;
  /** Remembers what is started. */
  readonly parts: Parts;
}

export async function startCloud(site: Site, options: CloudOptions): Promise<Cloud> {
  const {loadBalancer, parts, strategy} = options;
  const route53 = createRoute53({
    zones: [shopZone(site.network), movingZone],
    insyncMs: 800,
    aliasTargets: [{hostedZoneId: balancerZoneId, dnsName: balancerDnsName}],
  });
  const domains = domainsOfLab();
  const rds = createRds(clustersOf(site, options));
  const logs = createLogs();
  const identity = createIdentity();
  const deployment = await parts.add(startDeployment(site));
  // The scheduler has its first turn before the load balancer has an API.
  let rules: Rules | undefined;
  const divideTraffic = (weights: Readonly<Record<string, number>>) => rules?.divide(weights);
  const ecs = await parts.add(
    createShopService(site, loadBalancer, logs, {...deployment, strategy, divideTraffic}),
  );
  const tls = await startTls(site, loadBalancer, parts);
  const elb = createElb({
    ...{loadBalancer, name: 'shop', dnsName: balancerDnsName, tlsPort: tls.port},
    targetGroups: strategy === 'ROLLING' ? [] : [alternateGroup],
  });
  ({rules} = elb);
  const sqs = createSqs([exportsQueue]);
  const credentials = {
    accessKeyId: `AKIALAB${secret(6).toUpperCase()}`,
    secretAccessKey: secret(20),
  };
  const endpoint = await parts.add(
    startAwsEndpoint({
      services: [
        route53,
        domains,
        rds,
        ecs,
        elb,
        logs,
        autoscalingOf(ecs),
        createCloudWatch(measureOf({ecs, rds, loadBalancer}), [errorAlarm(loadBalancer)]),
        createEc2(
          labSubnets.map((id) => ({id, freeAddresses: 200})),
          {all: [officeVpn()], isSilent: false},
        ),
        createScheduler([nightlyReport]),
        sqs,
        createServiceQuotas(fargateQuotas(64)),
        identity.sts,
        identity.iam,
        ...deployment.services,
      ],
      credentials,
      sessions: identity.sessions,
    }),
  );
  const variables = {...deployment.variables, ...tls.variables};
  return {endpoint, credentials, route53, domains, rds, ecs, sqs, deployment, variables};
}

/** A schedule of the new side, which waits disabled. The lab starts nothing at its time. */
const nightlyReport = {
  GroupName: 'shop',
  Name: 'nightly-report',
  State: 'DISABLED',
  ScheduleExpression: 'cron(0 4 * * ? *)',
  ScheduleExpressionTimezone: 'UTC',
  FlexibleTimeWindow: {Mode: 'OFF'},
  Target: {
    Arn: 'arn:aws:ecs:us-east-1:123456789012:cluster/shop',
    RoleArn: 'arn:aws:iam::123456789012:role/schedules',
    EcsParameters: {
      TaskDefinitionArn: 'arn:aws:ecs:us-east-1:123456789012:task-definition/worker:1',
      TaskCount: 1,
    },
  },
} as const;

/** A certificate for the site and one for its other names, from an authority of the lab. */
async function startTls({directory}: Site, balancer: LoadBalancer, parts: Parts) {
  const authority = createAuthority('The lab');
  const others = authority.sign([shopZoneName.slice(0, -1), `*.${shopZoneName.slice(0, -1)}`]);
  const certificates = {[siteName]: authority.sign([siteName]), ...nameEach(otherNames, others)};
  const {port} = await parts.add(startTlsListener({balancer, certificates}));
  const file = join(directory, 'ca.pem');
  writeFileSync(file, authority.cert);
  return {port, variables: {LAB_TLS_PORT: String(port), LAB_CA_FILE: file}};
}

const nameEach = (names: readonly string[], certificate: LabCertificate) =>
  Object.fromEntries(names.map((name) => [name, certificate]));

function clustersOf({ports}: Site, {databases, withoutCluster}: CloudOptions) {
  const address = {endpoint: '127.0.0.1', port: ports.aurora};
  return {
    clusters: withoutCluster ? [] : [{identifier: clusterIdentifier, ...address}],
    // What a backup of the replica would hold: the stand-in is copied to as it is made.
    restore: async ({bucket}: {bucket: string}) =>
      withoutCluster && bucket === backupBucket
        ? {...address, position: await seedAnew(databases.replica, databases.aurora)}
        : null,
    applied: async (_cluster: string, name: string, value: string | undefined) => {
      if (name === 'read_only') {
        await databases.aurora.query('SET GLOBAL read_only = ?', [value === '1' ? 1 : 0]);
      }
    },
  };
}

const autoscalingOf = (ecs: Ecs) =>
  createAutoscaling({
    targets: {'service/shop/shop': {min: 0, max: 10, scaled: ecs.scaled('shop')}},
  });
