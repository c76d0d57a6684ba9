import {writeFileSync} from 'node:fs';
import {delimiter, join} from 'node:path';
import type {LabHost} from './hosts/host.ts';
import type {Databases} from './mysql/topology.ts';
import type {Site} from './site.ts';

interface Reached {
  readonly hosts: readonly LabHost[];
  readonly databases: Databases;
  readonly aws: string;
  readonly credentials: {readonly accessKeyId: string; readonly secretAccessKey: string};
  readonly authoritative: {readonly address: string; readonly port: number};
  readonly resolver: {readonly address: string; readonly port: number};
}

/** Everything that inventories/lab.yaml leaves open. */
export function variablesOf(site: Site, reached: Reached): Readonly<Record<string, string>> {
  const {directory, network, ports, passwords, key} = site;
  const knownHosts = join(directory, 'known_hosts');
  writeFileSync(knownHosts, reached.hosts.map(({knownHost}) => `${knownHost.trim()}\n`).join(''), {
    mode: 0o600,
  });
  const perHost = reached.hosts.flatMap(({name, address, sshPort, root}) => {
    const prefix = `LAB_${name.toUpperCase()}`;
    return [
      [`${prefix}_ADDRESS`, address],
      [`${prefix}_SSH_PORT`, String(sshPort)],
      [`${prefix}_ROOT`, root],
    ] as const;
  });
  return {
    ...Object.fromEntries(perHost),
    LAB_IDENTITY_FILE: key.identityFile,
    LAB_KNOWN_HOSTS: knownHosts,
    LAB_SOURCE_PORT: String(ports.source),
    LAB_REPLICA_PORT: String(ports.replica),
    LAB_AURORA_PORT: String(ports.aurora),
    LAB_WEB_PORT: String(ports.web),
    LAB_LOAD_BALANCER: network.loadBalancer,
    LAB_MYSQL_CLIENTS: mysqlClients(),
    LAB_SEED_FILE: reached.databases.seed.file,
    LAB_SEED_POSITION: String(reached.databases.seed.position),
    LAB_AWS_ENDPOINT: reached.aws,
    LAB_AWS_KEY_ID: reached.credentials.accessKeyId,
    LAB_AWS_SECRET: reached.credentials.secretAccessKey,
    LAB_AUTHORITATIVE: `${reached.authoritative.address}:${reached.authoritative.port}`,
    LAB_RESOLVER: `${reached.resolver.address}:${reached.resolver.port}`,
    LAB_SWITCHAROO_PASSWORD: passwords.switcharoo,
    LAB_ADMIN_PASSWORD: passwords.admin,
    LAB_REPL_PASSWORD: passwords.repl,
  };
}

/** Where mysqldump and mysql are: beside the server that scripts/mysql-current unpacks, or else on the PATH. */
function mysqlClients(): string {
  const {SWITCHAROO_MYSQL_CURRENT, XDG_CACHE_HOME, HOME = '', PATH = ''} = process.env;
  const cache =
    SWITCHAROO_MYSQL_CURRENT ??
    join(XDG_CACHE_HOME ?? join(HOME, '.cache'), 'switcharoo', 'mysql-current');
  return [join(cache, 'bin'), PATH].join(delimiter);
}
