import {findRedis} from './redis/find-redis.ts';
import {redisVariables} from './redis/variables.ts';

const hosts = ['WEB1', 'WEB2', 'DB1', 'DB2'];
const ports = [
  ...['SOURCE', 'REPLICA', 'AURORA', 'OPERATOR_SOURCE', 'OPERATOR_REPLICA', 'OPERATOR_AURORA'],
  ...['WEB', 'TLS'],
];
const nameServers = [
  ...['AUTHORITATIVE', 'RESOLVER', 'PARENT_SERVER'],
  ...['OLD_SERVER_1', 'OLD_SERVER_2', 'AWS_SERVER_1', 'AWS_SERVER_2'],
];
const texts = [
  ...['IDENTITY_FILE', 'KNOWN_HOSTS', 'BACKUP_ROLE', 'LOAD_BALANCER', 'MYSQL_CLIENTS', 'SEED_FILE'],
  ...['AWS_KEY_ID', 'AWS_SECRET', 'SWITCHAROO_PASSWORD', 'ADMIN_PASSWORD', 'REPL_PASSWORD'],
  ...['SOURCES', 'BUILDS', 'BUILDER', 'IMAGES', 'CA_FILE'],
];

/**
 * The variables of a lab that is not up yet, for a plan that contacts no system: its lists are those that a lab on this
 * machine has, and so are the entries that they make. Its addresses, ports and files are only names.
 */
export function variablesOfNextLab(): Readonly<Record<string, string>> {
  const all: readonly (readonly [string, string])[] = [
    ...hosts.flatMap((host) => [
      [`${host}_ADDRESS`, `${host.toLowerCase()}.lab`] as const,
      [`${host}_SSH_PORT`, '22'] as const,
      [`${host}_ROOT`, '/'] as const,
    ]),
    ...ports.map((name) => [`${name}_PORT`, '3306'] as const),
    ...nameServers.map((name) => [name, '127.0.0.1:53'] as const),
    ...texts.map((name) => [name, name.toLowerCase().replaceAll('_', '-')] as const),
    ['SEED_POSITION', '4'],
    ['AWS_ENDPOINT', 'http://127.0.0.1'],
    ['WEBHOOK', 'http://127.0.0.1'],
  ];
  return {
    ...Object.fromEntries(all.map(([name, value]) => [`LAB_${name}`, value])),
    ...redisVariables(findRedis() === undefined ? undefined : {old: 6379, new: 6380}),
  };
}
