import {join} from 'node:path';
import type {Ecs} from './aws/ecs.ts';
import type {AwsEndpoint} from './aws/endpoint.ts';
import type {Rds} from './aws/rds.ts';
import type {Route53} from './aws/route53.ts';
import {balancerAnswer} from './balancer-name.ts';
import {applicationHosts, databaseHosts} from './bare-metal.ts';
import type {ClientsControl, ClientsReport} from './clients/protocol.ts';
import type {Window} from './clients/requests.ts';
import {type Cloud, startCloud} from './cloud.ts';
import type {Resolver} from './dns/resolver.ts';
import {startExports} from './exports.ts';
import type {LabHost} from './hosts/host.ts';
import {createLabKey} from './hosts/keys.ts';
import {countKept} from './kept.ts';
import {moveAway, type Targets} from './latency/distances.ts';
import {type LoadBalancer, startLoadBalancer} from './load-balancer.ts';
import type {Passwords} from './mysql/accounts.ts';
import {imitateCallTimes} from './mysql/aurora-procedures.ts';
import {type Databases, startDatabases} from './mysql/topology.ts';
import {type NameServers, shopServers, startNameServers} from './name-servers.ts';
import {chooseNetwork, type Network} from './network.ts';
import {Parts} from './parts.ts';
import {Processes} from './processes.ts';
import {startRedisServers} from './redis/servers.ts';
import type {Strategy} from './shop-service.ts';
import {shopZoneId, shopZoneName} from './shop-zone.ts';
import {choosePasswords, choosePorts, type Site} from './site.ts';
import {firstWrite, noClients, startClients} from './site-clients.ts';
import {variablesOf} from './variables.ts';
import {startWatch, type WatchReport} from './watch.ts';
import {startWebhookReceiver} from './webhook.ts';
import {type Exchange, Wire} from './wire/wire.ts';
import {countWrites, type WriteCount} from './write-count.ts';

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
  /** How ECS deploys the application: ROLLING, if nothing is said. */
  readonly strategy?: Strategy | undefined;
  /** How far switcharoo is from every target: the time of a round trip. Without it, it is on the spot. */
  readonly rttMs?: number;
  /** Instead of made-up ones. */
  readonly passwords?: Partial<Passwords>;
}

/** The whole small world, in this process and its children. */
export interface World {
  readonly network: Network;
  readonly databases: Databases;
  readonly hosts: readonly LabHost[];
  readonly route53: Route53;
  readonly ecs: Ecs;
  readonly rds: Rds;
  readonly aws: AwsEndpoint;
  readonly resolver: Resolver;
  readonly names: NameServers;
  readonly loadBalancer: LoadBalancer;
  /** For the lab's inventory. */
  readonly variables: Readonly<Record<string, string>>;
  /** What switcharoo exchanged with the targets; nothing without `rttMs`. */
  exchanges(): readonly Exchange[];
  /** The notices to people, oldest first. */
  notices(): readonly Readonly<Record<string, unknown>>[];
  /** What must never happen in a cutover, and happened. */
  watch(): WatchReport;
  clients(): Promise<ClientsReport>;
  pauseClients(): Promise<ClientsReport>;
  resumeClients(): Promise<ClientsReport>;
  /** Compares the acknowledged writes with the database in charge. The clients are paused meanwhile. */
  count(windows?: readonly Window[]): Promise<WriteCount>;
  stop(): Promise<void>;
}

/** Starts everything, the fast parts beside the slow ones. When a part does not start, the others are stopped. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const parts = new Parts();
  try {
    return await build(options, parts);
  } catch (error) {
    await parts.stop();
    throw error;
  }
}

async function build(options: WorldOptions, parts: Parts): Promise<World> {
  const {
    directory,
    clients: clientCount = 6,
    withoutCluster = false,
    strategy = 'ROLLING',
  } = options;
  const site = await chooseSite(options, parts);
  const dbHosts = await Promise.all(databaseHosts(site).map((host) => parts.add(host)));
  const [databases, loadBalancer] = await Promise.all([
    parts.add(startDatabases(databasesOf(site, options))),
    parts.add(startLoadBalancer(balancerOf(site))),
  ]);
  const webHosts = await Promise.all(applicationHosts(site).map((host) => parts.add(host)));
  const hosts = [...dbHosts, ...webHosts];
  await prepareAurora(databases, options);
  const watch = await parts.add(startWatch(databases));
  const redis = await redisOf(site, parts);

  const cloud = await startCloud(site, {
    ...{databases, loadBalancer, withoutCluster, strategy, parts},
  });
  const names = await nameServersOf(site, cloud, parts);
  await cloud.ecs.steady();

  const ledger = join(directory, 'ledger.tsv');
  const control = await parts.add(
    clientCount === 0 ? noClients(ledger) : startClients(site, clientCount, names.resolver, ledger),
  );
  if (clientCount > 0) {
    await firstWrite(control);
  }
  const {route53, ecs, rds, endpoint: aws, sqs, deployment} = cloud;
  const isServing = () => clientCount > 0 && servesVisitors(hosts, ecs);
  const exports = await parts.add(startExports(sqs, isServing));
  const countOf = (inCharge: WriteCount['inCharge']) =>
    countKept({site, ledger, redis, deployment, exports}, inCharge);
  const wire = new Wire();
  const people = await parts.add(startWebhookReceiver());
  const targets = await targetsOf(site, {hosts, cloud, names, parts, wire, rttMs: options.rttMs});
  return {
    ...{databases, hosts, route53, ecs, rds, aws, names, loadBalancer},
    network: site.network,
    resolver: names.resolver,
    exchanges: () => wire.exchanges(),
    notices: () => people.received.map(({body}) => body),
    watch: () => watch.report(hosts),
    variables: {
      ...allVariables(site, {targets, databases, cloud, names}),
      LAB_WEBHOOK: people.url,
    },
    ...clientsOf(control),
    count: async (windows) => ({
      ...(await countWrites({control, ledger, databases, countKept: countOf}, windows)),
      lookups: names.watcher.lookups(),
    }),
    stop: () => parts.stop(),
  };
}

const redisOf = ({directory, processes, ports: {redis}}: Site, parts: Parts) =>
  redis ? parts.add(startRedisServers(directory, processes, redis)) : undefined;

/** Whether the application runs on one of both sides. */
const servesVisitors = (hosts: readonly LabHost[], ecs: Ecs): boolean =>
  hosts.some((host) => host.unitState('shop.service') === 'active') ||
  ecs.services().some(({name, runningCount}) => name === 'shop' && runningCount > 0);

async function chooseSite(
  {directory, clients = 6, passwords = {}}: WorldOptions,
  parts: Parts,
): Promise<Site> {
  const processes = new Processes(directory);
  await parts.add({stop: () => processes.endAll()});
  const network = chooseNetwork();
  return {
    directory,
    network,
    ports: await choosePorts(network),
    passwords: {...choosePasswords(), ...passwords},
    processes,
    key: createLabKey(directory),
    busy: clients > 0,
  };
}

const databasesOf = (
  {directory, processes, passwords, ports, network}: Site,
  {emptyAurora = false}: WorldOptions,
) => ({
  directory,
  processes,
  passwords,
  ports,
  emptyAurora,
  reachedAt: {
    source: {host: network.db1, port: ports.source},
    replica: {host: network.db2, port: ports.replica},
  },
});

const balancerOf = ({network, ports}: Site) => ({
  address: network.loadBalancer,
  port: ports.web,
  healthPath: '/health',
  intervalMs: 300,
  healthyThreshold: 2,
});

async function prepareAurora(
  {aurora}: Databases,
  {slowProcedures = false}: WorldOptions,
): Promise<void> {
  // Set days before: without it, reverse replication would depend on logs that Aurora purges at any time.
  await aurora.query("CALL mysql.rds_set_configuration('binlog retention hours', 168)");
  if (slowProcedures) {
    await imitateCallTimes(aurora, 1);
  }
}

const nameServersOf = (
  {network}: Site,
  {route53, domains}: Cloud,
  parts: Parts,
): Promise<NameServers> =>
  startNameServers({
    network,
    route53,
    domains,
    shopZone: () => ({
      name: shopZoneName,
      nameServers: shopServers,
      records: route53.published(shopZoneId),
      aliasTarget: (name, type) => balancerAnswer(network, name, type),
    }),
    started: (starting) => parts.add(starting),
  });

interface TargetsOptions {
  readonly hosts: readonly LabHost[];
  readonly cloud: Cloud;
  readonly names: NameServers;
  readonly parts: Parts;
  readonly wire: Wire;
  readonly rttMs: number | undefined;
}

async function targetsOf(site: Site, options: TargetsOptions): Promise<Targets> {
  const {hosts, cloud, names, parts, wire, rttMs} = options;
  const {authoritative, resolver} = names;
  const aws = cloud.endpoint.url;
  const near = {hosts, databasePorts: site.ports, aws, authoritative, resolver};
  return rttMs === undefined
    ? near
    : moveAway(near, site, {rttMs, parts, tap: (target) => wire.tap(target)});
}

function allVariables(
  site: Site,
  {
    targets,
    databases,
    cloud,
    names,
  }: Pick<World, 'databases' | 'names'> & {
    targets: Targets;
    cloud: Cloud;
  },
): Readonly<Record<string, string>> {
  const {credentials} = cloud;
  return {
    ...variablesOf(site, {targets, databases, credentials}),
    ...cloud.variables,
    ...names.variables,
  };
}

const clientsOf = (control: ClientsControl) => ({
  clients: () => control.report(),
  pauseClients: () => control.pause(),
  resumeClients: () => control.resume(),
});
