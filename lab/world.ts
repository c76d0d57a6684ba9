import {join} from 'node:path';
import {createAutoscaling} from './aws/autoscaling.ts';
import {createCloudWatch} from './aws/cloudwatch.ts';
import {createEc2} from './aws/ec2.ts';
import type {Ecs} from './aws/ecs.ts';
import {labSubnets} from './aws/ecs-shapes.ts';
import {createElb} from './aws/elb.ts';
import {type AwsEndpoint, startAwsEndpoint} from './aws/endpoint.ts';
import {createIdentity} from './aws/identity.ts';
import {createLogs} from './aws/logs.ts';
import {createRds, type Rds} from './aws/rds.ts';
import {createRoute53, type Route53} from './aws/route53.ts';
import {createServiceQuotas, fargateQuotas} from './aws/service-quotas.ts';
import {applicationHosts, databaseHosts} from './bare-metal.ts';
import {compare} from './clients/compare.ts';
import type {ClientsReport} from './clients/protocol.ts';
import {startDeployment} from './deployment.ts';
import type {Resolver} from './dns/resolver.ts';
import type {Lookups} from './dns/watcher.ts';
import type {LabHost} from './hosts/host.ts';
import {createLabKey} from './hosts/keys.ts';
import {type LoadBalancer, startLoadBalancer} from './load-balancer.ts';
import type {Passwords} from './mysql/accounts.ts';
import {imitateCallTimes} from './mysql/aurora-procedures.ts';
import {seedAnew} from './mysql/seed.ts';
import {type Databases, startDatabases} from './mysql/topology.ts';
import {
  domainsOfLab,
  movingZone,
  type NameServers,
  shopServers,
  startNameServers,
} from './name-servers.ts';
import {chooseNetwork, type Network} from './network.ts';
import {newHome} from './new-home.ts';
import {Processes} from './processes.ts';
import {choosePasswords, choosePorts, secret} from './site.ts';
import {variablesOf} from './variables.ts';
import {firstWrite, noClients, siteName, startClients} from './writers.ts';

export const zoneId = 'Z0LABSHOP';
const zoneName = 'shop.test.';
const oldTtlSeconds = 5;
const clusterIdentifier = 'shop-aurora';
const backupBucket = 'shop-backup';

interface WorldOptions {
  /** Everything is in it, and goes with it. */
  readonly directory: string;
  /** How many clients write. 0: none, and no cron job runs either, so that nothing moves by itself. */
  readonly clients?: number;
  /** Imitates the sleeps of Aurora's own procedures, about 3 s a call. */
  readonly slowProcedures?: boolean;
  /** Aurora has no data yet: the first copy is still to be made. */
  readonly emptyAurora?: boolean;
  /** RDS has no cluster yet: it is still to be made of the backup in the bucket `shop-backup`. */
  readonly withoutCluster?: boolean;
  /** Instead of made-up ones. */
  readonly passwords?: Partial<Passwords>;
}

/** The whole small world, in this process and its children. */
export interface World {
  readonly network: Network;
  readonly processes: Processes;
  readonly databases: Databases;
  readonly hosts: readonly LabHost[];
  readonly route53: Route53;
  readonly rds: Rds;
  readonly ecs: Ecs;
  readonly aws: AwsEndpoint;
  readonly resolver: Resolver;
  readonly names: NameServers;
  readonly loadBalancer: LoadBalancer;
  /** For the lab's inventory. */
  readonly variables: Readonly<Record<string, string>>;
  clients(): Promise<ClientsReport>;
  pauseClients(): Promise<ClientsReport>;
  resumeClients(): Promise<ClientsReport>;
  /**
   * Holds the clients' ledger against the database in charge: the one that accepts writes. The clients are paused
   * meanwhile.
   */
  count(): Promise<Counted>;
  stop(): Promise<void>;
}

export interface Counted {
  readonly inCharge: 'source' | 'aurora';
  readonly acknowledged: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly outageMs: number;
  readonly clients: ClientsReport;
  /** Of the domain whose name servers can be moved. */
  readonly lookups: Lookups;
}

/** Starts everything, the fast things beside the slow ones. When a part does not start, nothing stays. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const undo: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const end of undo.splice(0).reverse()) {
      await end().catch(() => {});
    }
  };
  try {
    return await build(options, undo, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function build(
  {
    directory,
    clients = 6,
    slowProcedures = false,
    emptyAurora = false,
    withoutCluster = false,
    passwords: given = {},
  }: WorldOptions,
  undo: (() => Promise<unknown>)[],
  stop: () => Promise<void>,
): Promise<World> {
  const processes = new Processes(directory);
  undo.push(() => processes.endAll());
  const started = async <Part extends {stop(): Promise<void>}>(starting: Promise<Part>) => {
    const part = await starting;
    undo.push(() => part.stop());
    return part;
  };
  const network = chooseNetwork();
  const ports = await choosePorts(network);
  const passwords = {...choosePasswords(), ...given};
  const key = createLabKey(directory);
  const site = {directory, network, ports, passwords, processes, key, busy: clients > 0};

  const dbHosts = await Promise.all(databaseHosts(site).map((host) => started(host)));
  const [databases, loadBalancer] = await Promise.all([
    started(
      startDatabases({
        directory,
        processes,
        passwords,
        ports,
        emptyAurora,
        reachedAt: {
          source: {host: network.db1, port: ports.source},
          replica: {host: network.db2, port: ports.replica},
        },
      }),
    ),
    started(
      startLoadBalancer({
        address: network.loadBalancer,
        port: ports.web,
        healthPath: '/health',
        intervalMs: 300,
        healthyThreshold: 2,
      }),
    ),
  ]);
  const webHosts = await Promise.all(applicationHosts(site).map((host) => started(host)));
  const hosts = [...dbHosts, ...webHosts];
  // Set days before: without it, reverse replication would depend on logs that Aurora purges at any time.
  await databases.aurora.query("CALL mysql.rds_set_configuration('binlog retention hours', 168)");
  if (slowProcedures) {
    await imitateCallTimes(databases.aurora, 1);
  }

  const route53 = createRoute53({zones: [zoneOf(network), movingZone], insyncMs: 800});
  const domains = domainsOfLab();
  const rds = createRds({
    clusters: withoutCluster
      ? []
      : [{identifier: clusterIdentifier, endpoint: '127.0.0.1', port: ports.aurora}],
    // What a backup of the replica would hold: the stand-in is copied to as it is made.
    restore: async ({bucket}) =>
      withoutCluster && bucket === backupBucket
        ? {
            endpoint: '127.0.0.1',
            port: ports.aurora,
            position: await seedAnew(databases.replica, databases.aurora),
          }
        : null,
  });
  const logs = createLogs();
  const identity = createIdentity();
  const deployment = await started(startDeployment(site));
  const ecs = await started(Promise.resolve(newHome(site, loadBalancer, logs, deployment)));
  const cloudwatch = createCloudWatch((metric) =>
    metric.name === 'MemoryUtilization'
      ? ecs.memoryUse(metric.dimensions['ServiceName'] ?? '')
      : rds.measure(metric),
  );
  const autoscaling = createAutoscaling({
    targets: {'service/shop/shop': {min: 0, max: 10, scaled: ecs.scaled('shop')}},
  });
  const elb = createElb({loadBalancer, name: 'shop', dnsName: 'shop-lb.lab'});
  const credentials = {
    accessKeyId: `AKIALAB${secret(6).toUpperCase()}`,
    secretAccessKey: secret(20),
  };
  const aws = await started(
    startAwsEndpoint({
      services: [
        route53,
        domains,
        rds,
        ecs,
        elb,
        logs,
        autoscaling,
        cloudwatch,
        createEc2(labSubnets.map((id) => ({id, freeAddresses: 200}))),
        createServiceQuotas(fargateQuotas(64)),
        identity.sts,
        identity.iam,
        ...deployment.services,
      ],
      credentials,
    }),
  );
  const names = await startNameServers({
    network,
    route53,
    domains,
    shopZone: () => ({
      name: zoneName,
      nameServers: shopServers,
      records: route53.published(zoneId),
    }),
    started,
  });
  const {authoritative, resolver} = names;
  await ecs.steady();

  const ledger = join(directory, 'ledger.tsv');
  const control =
    clients === 0 ? noClients(ledger) : startClients(site, clients, resolver, ledger, undo);
  if (clients > 0) {
    await firstWrite(control);
  }
  return {
    network,
    processes,
    databases,
    hosts,
    route53,
    rds,
    ecs,
    aws,
    resolver,
    names,
    loadBalancer,
    variables: {
      ...variablesOf(site, {
        hosts,
        databases,
        aws: aws.url,
        credentials,
        authoritative,
        resolver,
      }),
      ...deployment.variables,
      ...names.variables,
    },
    clients: () => control.report(),
    pauseClients: () => control.pause(),
    resumeClients: () => control.resume(),
    count: async () => {
      const report = await control.pause();
      const inCharge = await whoIsInCharge(databases);
      const {acknowledged, lost, duplicated} = await compare(ledger, (sql) =>
        databases[inCharge].query(sql),
      );
      await control.resume();
      return {
        inCharge,
        acknowledged,
        lost: lost.length,
        duplicated: duplicated.length,
        outageMs: report.outageMs,
        clients: report,
        lookups: names.watcher.lookups(),
      };
    },
    stop,
  };
}

/** Until the source refuses writes it is the one that counts, whatever Aurora would accept. */
async function whoIsInCharge({source}: Databases): Promise<'source' | 'aurora'> {
  const [row] = await source.query('SELECT @@read_only AS readOnly');
  return Number(row?.['readOnly']) === 0 ? 'source' : 'aurora';
}

function zoneOf({web1, web2}: Network) {
  return {
    id: zoneId,
    name: zoneName,
    nameServers: shopServers,
    records: [
      {name: `${siteName}.`, type: 'A', ttl: oldTtlSeconds, values: [web1, web2]},
      {name: `mail.${zoneName}`, type: 'A', ttl: 3_600, values: ['192.0.2.25']},
      {name: zoneName, type: 'TXT', ttl: 300, values: ['"v=spf1 -all"']},
    ],
  };
}
