import {join} from 'node:path';
import {upstreamOf} from './app/upstream.ts';
import {type LabHost, startHost} from './hosts/host.ts';
import type {LabUnit} from './hosts/units.ts';
import {programOf} from './program.ts';
import {backups} from './safeguards.ts';
import {mailsFile, type Site} from './site.ts';

/** The hosts of the databases: a firewall in front of each server, and ssh. */
export function databaseHosts(site: Site): readonly Promise<LabHost>[] {
  const {network, ports} = site;
  const host = (name: string, address: string, port: number) =>
    startHost({
      ...{...common(site), name, address, files: backups},
      ports: [{port, to: {address: '127.0.0.1', port}}],
    });
  return [host('db1', network.db1, ports.source), host('db2', network.db2, ports.replica)];
}

/** The file in which the reverse proxy of a web host has the servers behind it. */
export const proxyFile = '/etc/nginx/conf.d/shop.conf';

/** The unit that sends the mails in a queue of Redis. */
export const mailerUnit = 'shop-mailer.service';

const documentsPath = '/srv/shop/documents';

/** The directory of documents that both hosts of the application share. */
export const documentsFolder = ({directory}: Pick<Site, 'directory'>): string =>
  join(directory, 'web1', 'root', documentsPath);

/**
 * The hosts of the application: its service behind a reverse proxy on both, a crontab on one and a timer on the other.
 */
export function applicationHosts(site: Site): readonly Promise<LabHost>[] {
  const {network, ports} = site;
  const onRedis = ports.redis ? {REDIS_PORT: String(ports.redis.old)} : {};
  const mailer = {
    name: mailerUnit,
    command: programOf('app/mailer'),
    env: {...onRedis, MAILS_FILE: mailsFile(site)},
    restart: 'always' as const,
    enabled: true,
  };
  const shop = (address: string) => ({
    name: 'shop.service',
    command: programOf('app/shop'),
    env: {
      ...onTheSource(site, address),
      ...onRedis,
      ...{PORT: String(ports.app), SIDE: 'old', VERSION: '1'},
      DOCUMENTS_FOLDER: documentsFolder(site),
    },
    restart: 'always' as const,
    enabled: true,
  });
  const proxy = (name: string, address: string) => ({
    name: 'nginx.service',
    command: programOf('app/proxy'),
    env: {
      LISTEN_ADDRESS: address,
      PORT: String(ports.proxy),
      UPSTREAM_FILE: join(site.directory, name, 'root', proxyFile),
    },
    restart: 'always' as const,
    enabled: true,
  });
  const web = (name: string, address: string, files: Readonly<Record<string, string>> = {}) => ({
    ...common(site),
    name,
    address,
    units: [shop(address), proxy(name, address)],
    ports: [{port: ports.web, to: {address, port: ports.proxy}, unit: 'nginx.service'}],
    files: {[proxyFile]: upstreamOf({host: address, port: ports.app}), ...files},
    proxyFile,
  });
  const digest = (address: string) => ({...onTheSource(site, address), DIGEST_SECONDS: '2'});
  const web1 = startHost({
    ...withUnits(web('web1', network.web1, documents), ports.redis ? [mailer] : []),
    cronMinuteMs: 8_000,
    crontabs: {shop: site.busy ? crontab(digest(network.web1)) : ''},
  });
  const web2 = startHost({
    ...web('web2', network.web2),
    timers: [
      {
        name: 'shop-digest.timer',
        everyMs: site.busy ? 10_000 : 3_600_000,
        starts: {
          name: 'shop-digest.service',
          command: programOf('app/digest'),
          env: digest(network.web2),
        },
      },
    ],
  });
  return [web1, web2];
}

const withUnits = <Host extends {units: readonly LabUnit[]}>(
  host: Host,
  units: readonly LabUnit[],
) => ({...host, units: [...host.units, ...units]});

/** Invoices of earlier years. */
const documents = Object.fromEntries(
  Array.from({length: 40}, (_, at) => [
    `${documentsPath}/${2024 + (at % 3)}/invoice ${at + 1}.txt`,
    `Invoice ${at + 1}\n${'A line of it.\n'.repeat(at)}`,
  ]),
);

/** The environment of the programs that use the old database: reached through the network in front of db1. */
const onTheSource = ({network, ports, passwords}: Site, address: string) => ({
  DATABASE_HOST: network.db1,
  DATABASE_PORT: String(ports.source),
  DATABASE_USER: 'shop',
  DATABASE_PASSWORD: passwords.shop,
  DATABASE_NAME: 'shop',
  LOCAL_ADDRESS: address,
  LISTEN_ADDRESS: address,
});

const common = ({directory, processes, key}: Site) => ({
  directory,
  processes,
  authorizedKey: key.publicKey,
});

/** A job for every minute of the lab, with its environment in the crontab, as people write it. */
function crontab(env: Readonly<Record<string, string>>): string {
  const lines = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return `${lines.join('\n')}\n# counts the orders\n* * * * * ${programOf('app/digest').join(' ')}\n`;
}
