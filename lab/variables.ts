import {writeFileSync} from 'node:fs';
import {delimiter, join} from 'node:path';
import {arnIn} from './aws/partition.ts';
import type {Targets} from './latency/distances.ts';
import type {Databases} from './mysql/topology.ts';
import {redisVariables} from './redis/variables.ts';
import type {Site} from './site.ts';

/** The role with which RDS reads the backup. */
const backupRoleArn = `${arnIn('us-east-1')}:iam::123456789012:role/rds-reads-backups`;

interface Reached {
  readonly targets: Targets;
  readonly databases: Databases;
  readonly credentials: {readonly accessKeyId: string; readonly secretAccessKey: string};
}

/** Everything that inventories/lab.yaml leaves open. */
export function variablesOf(
  site: Site,
  {targets, databases, credentials}: Reached,
): Readonly<Record<string, string>> {
  const {directory, network, ports, passwords, key} = site;
  const knownHosts = join(directory, 'known_hosts');
  writeFileSync(knownHosts, targets.hosts.map(({knownHost}) => `${knownHost.trim()}\n`).join(''), {
    mode: 0o600,
  });
  const perHost = targets.hosts.flatMap(({name, address, sshPort, root}) => {
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
    // The ports at which switcharoo reaches them.
    LAB_OPERATOR_SOURCE_PORT: String(targets.databasePorts.source),
    LAB_OPERATOR_REPLICA_PORT: String(targets.databasePorts.replica),
    LAB_OPERATOR_AURORA_PORT: String(targets.databasePorts.aurora),
    LAB_BACKUP_ROLE: backupRoleArn,
    LAB_WEB_PORT: String(ports.web),
    LAB_LOAD_BALANCER: network.loadBalancer,
    LAB_MYSQL_CLIENTS: mysqlClients(),
    LAB_SEED_FILE: databases.seed.file,
    LAB_SEED_POSITION: String(databases.seed.position),
    LAB_AWS_ENDPOINT: targets.aws,
    LAB_AWS_KEY_ID: credentials.accessKeyId,
    LAB_AWS_SECRET: credentials.secretAccessKey,
    LAB_AUTHORITATIVE: `${targets.authoritative.address}:${targets.authoritative.port}`,
    LAB_RESOLVER: `${targets.resolver.address}:${targets.resolver.port}`,
    LAB_SWITCHAROO_PASSWORD: passwords.switcharoo,
    LAB_ADMIN_PASSWORD: passwords.admin,
    LAB_REPL_PASSWORD: passwords.repl,
    ...redisVariables(ports.redis),
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
