import {join} from 'node:path';
import type {ServiceSummary} from './aws/ecs-shapes.ts';
import {keyOf, type RecordSet} from './aws/record-set.ts';
import type {Route53} from './aws/route53.ts';
import type {LabDomain} from './aws/route53-domain-shapes.ts';
import {mailerUnit, proxyFile} from './bare-metal.ts';
import type {ClientsReport} from './clients/protocol.ts';
import type {ActiveFault} from './faults.ts';
import type {LabHost} from './hosts/host.ts';
import type {LabDatabase} from './mysql/server.ts';
import {movingDomain, movingZoneId} from './name-servers.ts';
import {shopZoneId} from './shop-zone.ts';
import {textOf} from './text-of.ts';
import type {World} from './world.ts';

/** The state of a running lab, as plain data. Two states of an unchanged world are equal, apart from `clients`. */
export interface LabStatus {
  readonly clients: ClientsReport;
  readonly world: WorldStatus;
  /** What somebody has broken, and not healed. */
  readonly faults: readonly ActiveFault[];
}

interface WorldStatus {
  readonly databases: Readonly<
    Record<'source' | 'replica' | 'aurora', DatabaseStatus | Unanswered>
  >;
  /** Of the shop's hosted zone. */
  readonly records: readonly RecordSet[];
  /** The domain whose name servers can be moved. */
  readonly moving: {readonly domain: LabDomain; readonly records: readonly RecordSet[]};
  readonly services: readonly ServiceSummary[];
  /** By host and unit, as `systemctl is-active` prints it. */
  readonly units: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The upstream file of each reverse proxy; `null` on a host without one. */
  readonly proxies: readonly (string | null)[];
  /** Of the load balancer: address and state. */
  readonly targets: readonly string[];
}

interface DatabaseStatus {
  readonly readOnly: boolean;
  readonly events: unknown;
  /** Host and port of its source. */
  readonly replicatesFrom: string | null;
  /** Whether the threads of replication run: `Yes/No` for the IO and the SQL thread. */
  readonly threads: string | null;
}

/** A database that does not answer, and what became of the question. */
interface Unanswered {
  readonly unanswered: string;
}

export const statusOf = async (world: World): Promise<Omit<LabStatus, 'faults'>> => ({
  clients: await world.clients(),
  world: await worldStatus(world),
});

async function worldStatus(world: World): Promise<WorldStatus> {
  const {databases, hosts, route53, ecs, names, loadBalancer} = world;
  const {source, replica, aurora} = databases;
  return {
    databases: {
      source: await answerOf(source),
      replica: await answerOf(replica),
      aurora: await answerOf(aurora),
    },
    records: recordsOf(route53, shopZoneId),
    moving: {
      domain: names.domains.published(movingDomain),
      records: recordsOf(route53, movingZoneId),
    },
    services: ecs.services(),
    units: Object.fromEntries(hosts.map((host) => [host.name, unitsOf(host)])),
    proxies: hosts.map(({root}) => join(root, proxyFile)).map(textOf),
    targets: loadBalancer.targets().map(({address, state}) => `${address} ${state}`),
  };
}

const answerOf = (server: LabDatabase): Promise<DatabaseStatus | Unanswered> =>
  databaseStatus(server).catch((cause: unknown) => ({
    unanswered: cause instanceof Error ? cause.message : String(cause),
  }));

async function databaseStatus(server: LabDatabase): Promise<DatabaseStatus> {
  const [settings] = await server.query(
    'SELECT @@read_only AS readOnly, @@event_scheduler AS events',
  );
  const [status] = await server.query('SHOW SLAVE STATUS');
  return {
    readOnly: settings?.['readOnly'] === 1,
    events: settings?.['events'],
    replicatesFrom: status ? `${status['Master_Host']}:${status['Master_Port']}` : null,
    threads: status ? `${status['Slave_IO_Running']}/${status['Slave_SQL_Running']}` : null,
  };
}

const unitsOf = (host: LabHost) =>
  Object.fromEntries(
    ['shop.service', 'nginx.service', mailerUnit, 'shop-digest.timer'].map((unit) => [
      unit,
      host.unitState(unit),
    ]),
  );

const recordsOf = (route53: Route53, zone: string): readonly RecordSet[] =>
  [...route53.listed(zone)].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
