import type {Problem} from '../../../src/index.ts';
import {countText, listText} from '../group/text.ts';
import type {Drain, RemoteConnections} from './contract.ts';

export const connectionsNotDrained = (
  host: string,
  {ports, maxHoldMs}: {readonly ports: readonly number[]; readonly maxHoldMs: number},
  {ms, count, remotes}: Extract<Drain, {kind: 'left'}>,
): Problem => ({
  code: 'host-connections-not-drained',
  message: `${host} still had ${countText(count, 'open connection')} to ${portsText(ports)} ${ms} ms after the hold began: ${remotesText(remotes)}. The hold is ended, on a host that no longer answers by its kernel after ${maxHoldMs} ms at most.`,
  hint: `Switch keep-alive off at the reverse proxy first (hosts.one-request-a-connection). Find what keeps connections on ${host}: ss -tn state established '( ${ports.map((port) => `sport = :${port}`).join(' or ')} )'`,
});

/** `port 443`, `ports 80 and 443` */
export const portsText = (ports: readonly number[]): string =>
  `${ports.length === 1 ? 'port' : 'ports'} ${listText(ports.map(String))}`;

/** `18 from 10.0.0.5, 5 from 10.0.0.6` */
const remotesText = (remotes: readonly RemoteConnections[]): string =>
  remotes.map(({address, count}) => `${count} from ${address}`).join(', ');

export const dryHoldFailed = (reports: readonly string[], holdMs: number): Problem => ({
  code: 'host-dry-hold-failed',
  message: `A hold of ${holdMs} ms did not pass. ${reports.join('. ')}. New connections are let through again.`,
  hint: 'Switch keep-alive off a minute before (hosts.one-request-a-connection), find what keeps connections at the addresses above, then try it again.',
});
