import {randomBytes} from 'node:crypto';
import {join} from 'node:path';
import type {LabKey} from './hosts/keys.ts';
import type {Passwords} from './mysql/accounts.ts';
import {type Network, pickPort} from './network.ts';
import type {Processes} from './processes.ts';
import {chooseRedisPorts, type RedisPorts} from './redis/servers.ts';

export const siteName = 'www.shop.test';

interface Ports {
  /** The port for clients: of the reverse proxies of the old side, and of the load balancer. */
  readonly web: number;
  /** The reverse proxies themselves, behind the packet filter of their hosts. */
  readonly proxy: number;
  /** The application behind the reverse proxies. */
  readonly app: number;
  readonly source: number;
  readonly replica: number;
  readonly aurora: number;
  /** `undefined` where this machine has no redis-server. */
  readonly redis: RedisPorts | undefined;
}

/** What all parts of one lab have in common. */
export interface Site {
  readonly directory: string;
  readonly network: Network;
  readonly ports: Ports;
  readonly passwords: Passwords;
  readonly processes: Processes;
  readonly key: LabKey;
  readonly busy: boolean;
}

export async function choosePorts(network: Network): Promise<Ports> {
  const {web1, web2, db1, db2, loadBalancer} = network;
  const web = await pickPort(web1, web2, loadBalancer, `${network.prefix}151`);
  const proxy = await pickPort(web1, web2);
  const app = await pickPort(web1, web2);
  const source = await pickPort('127.0.0.1', db1);
  const replica = await pickPort('127.0.0.1', db2);
  const aurora = await pickPort('127.0.0.1');
  return {web, proxy, app, source, replica, aurora, redis: await chooseRedisPorts()};
}

export const choosePasswords = (): Passwords => ({
  root: secret(),
  shop: secret(),
  switcharoo: secret(),
  admin: secret(),
  repl: secret(),
});

// MySQL 5.6 takes at most 32 characters for a replication password.
export const secret = (bytes = 12): string => randomBytes(bytes).toString('hex');

/** The mails that were sent, each as the token of its order: what leaves the shop does not come back. */
export const mailsFile = ({directory}: Pick<Site, 'directory'>): string =>
  join(directory, 'mails.txt');
