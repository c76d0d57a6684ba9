import {join} from 'node:path';
import {upstreamOf} from './app/upstream.ts';
import {type LabHost, startHost} from './hosts/host.ts';
import {programOf} from './program.ts';
import type {Site} from './site.ts';

/** The hosts of the databases: a firewall in front of each server, and ssh. */
export function databaseHosts(site: Site): readonly Promise<LabHost>[] {
  const {network, ports} = site;
  const host = (name: string, address: string, port: number) =>
    startHost({...common(site), name, address, ports: [{port, to: {address: '127.0.0.1', port}}]});
  return [host('db1', network.db1, ports.source), host('db2', network.db2, ports.replica)];
}

/** The file in which the reverse proxy of a web host has the servers behind it. */
export const proxyFile = '/etc/nginx/conf.d/shop.conf';

/**
 * The hosts of the application: its service behind a reverse proxy on both, a crontab on one and a timer on the other.
 */
export function applicationHosts(site: Site): readonly Promise<LabHost>[] {
  const {network, ports} = site;
  const shop = (address: string) => ({
    name: 'shop.service',
    command: programOf('app/shop'),
    env: {...onTheSource(site, address), PORT: String(ports.app), SIDE: 'old', VERSION: '1'},
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
  const digest = (address: string) => ({...onTheSource(site, address), DIGEST_SECONDS: '1'});
  const web1 = startHost({
    ...web('web1', network.web1, documents),
    cronMinuteMs: 4_000,
    crontabs: {shop: site.busy ? crontab(digest(network.web1)) : ''},
  });
  const web2 = startHost({
    ...web('web2', network.web2),
    timers: [
      {
        name: 'shop-digest.timer',
        everyMs: site.busy ? 5_000 : 3_600_000,
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

/** Invoices of earlier years, in a directory that both hosts would share. */
const documents = Object.fromEntries(
  Array.from({length: 40}, (_, at) => [
    `/srv/shop/documents/${2024 + (at % 3)}/invoice ${at + 1}.txt`,
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
