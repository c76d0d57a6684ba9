import type {LabHost} from '../hosts/host.ts';
import type {Parts} from '../parts.ts';
import type {Site} from '../site.ts';
import {openDistantNameServer} from './distant-name-server.ts';
import {openDistantPort, type Tap} from './distant-port.ts';

interface Server {
  readonly address: string;
  readonly port: number;
}

type ReachedHost = Pick<LabHost, 'name' | 'address' | 'sshPort' | 'knownHost' | 'root'>;

/** Where switcharoo reaches the targets. Clients and replication reach them elsewhere. */
export interface Targets {
  readonly hosts: readonly ReachedHost[];
  readonly databasePorts: {
    readonly source: number;
    readonly replica: number;
    readonly aurora: number;
  };
  /** The URL of the AWS endpoint. */
  readonly aws: string;
  readonly authoritative: Server;
  readonly resolver: Server;
}

interface DistancesOptions {
  readonly rttMs: number;
  readonly parts: Parts;
  /** A tap for a connection to this target. */
  readonly tap: (target: string) => Tap;
}

/** Moves every target away: a round trip between switcharoo and it then takes `rttMs`. */
export async function moveAway(
  targets: Targets,
  {network}: Pick<Site, 'network'>,
  options: DistancesOptions,
): Promise<Targets> {
  const {rttMs, parts, tap} = options;
  const tapOf = (name: string) => ({tap: () => tap(name)});
  const port = async (name: string, address: string, to: Server) =>
    (await parts.add(openDistantPort({address, to, rttMs, ...tapOf(name)}))).port;
  const nameServer = async (name: string, to: Server) => ({
    address: to.address,
    port: (await parts.add(openDistantNameServer({to, rttMs, ...tapOf(name)}))).port,
  });
  const host = async (near: ReachedHost): Promise<ReachedHost> => {
    const {name, address, sshPort} = near;
    const distant = await port(name, address, {address, port: sshPort});
    const knownHost = near.knownHost.replace(`]:${sshPort} `, `]:${distant} `);
    return {...near, sshPort: distant, knownHost};
  };
  const {source, replica, aurora} = targets.databasePorts;
  const database = (name: string, address: string, near: number) =>
    port(name, address, {address, port: near});
  const aws = new URL(targets.aws);
  aws.port = String(await port('aws', aws.hostname, {address: aws.hostname, port: +aws.port}));
  return {
    hosts: await Promise.all(targets.hosts.map(host)),
    databasePorts: {
      source: await database('source', network.db1, source),
      replica: await database('replica', network.db2, replica),
      aurora: await database('aurora', '127.0.0.1', aurora),
    },
    aws: aws.toString().replace(/\/$/, ''),
    authoritative: await nameServer('authoritative', targets.authoritative),
    resolver: await nameServer('resolver', targets.resolver),
  };
}
