import {isAbsolute} from 'node:path';
import {z} from 'zod';
import {blocked, defineGate, elapsedMs, measured, waiting} from '../../src/index.ts';
import {onEveryHost, type PerHost} from './group/per-host.ts';
import {countText, hostsText} from './group/text.ts';
import {hostGroup} from './target.ts';
import type {Visits} from './visitors/contract.ts';

const input = z.object({
  /** The ports at which visitors arrive. */
  ports: z.array(z.coerce.number().int().min(1).max(65_535)).min(1),
  /** The access logs of the web servers: each request is a line. */
  logs: z.array(z.string().refine(isAbsolute, 'an absolute path')).min(1),
  /** Addresses and other texts of those who are no visitors: `10.0.0.5`, `Zabbix`. */
  ignore: z.array(z.string().min(1)).default([]),
  /** For how long nobody may have come. */
  quietMs: z.coerce
    .number()
    .int()
    .positive()
    .default(5 * 60_000),
});

/** Since when nobody came, and where the logs ended then. */
const bookmark = z.object({
  since: z.iso.datetime(),
  logs: z.array(z.object({host: z.string(), path: z.string(), file: z.string(), size: z.number()})),
});

/**
 * Before the old side is switched off: caches and clients that ignore TTLs still come. It counts the lines of the
 * access logs, so that it misses no request between two looks, and names who is connected.
 */
export const noVisitors = defineGate({
  name: 'hosts.no-visitors',
  summary: 'Wait until nobody has visited the old web servers for some minutes.',
  targets: {hosts: hostGroup},
  input,
  output: z.object({hosts: z.array(z.string()), quietMs: z.number()}),
  needs: {hosts: ['sudo without a password for /bin/sh (ss, and to read the access logs)']},
  timeoutMs: 24 * 3_600_000,
  poll: {firstMs: 2_000, mostMs: 60_000},
  // A second look has no minutes to look back on: what it has shown counts for this long.
  freshForMs: 3_600_000,
  neverSkip: 'Only this gate shows that the old side gets no more requests.',
  evidence: ({hosts, quietMs}) => [
    `No request and no connection on ${hosts.join(', ')} for ${secondsText(quietMs)}`,
  ],

  async check({input, targets: {hosts}, run, now, signal}) {
    const mark = bookmark.safeParse(run.bookmark).data;
    const visits = await onEveryHost(hosts.hosts, (host) =>
      host.visits(
        {
          ...input,
          logs: input.logs.map((path) => ({
            path,
            from: mark?.logs.find((log) => log.host === host.name && log.path === path),
          })),
        },
        signal,
      ),
    );
    const obstacle = obstacleIn(visits, input.logs);
    if (obstacle) {
      return obstacle;
    }
    const came = visits.flatMap(visitorsText);
    if (mark && came.length === 0) {
      const quietMs = elapsedMs(new Date(mark.since), now);
      const names = visits.map(({host}) => host);
      return quietMs >= input.quietMs
        ? measured({hosts: names, quietMs}, [
            `No request and no connection on ${hostsText(visits)} for ${secondsText(quietMs)}`,
          ])
        : waiting(`no visitors for ${secondsText(quietMs)} of ${secondsText(input.quietMs)}`);
    }
    const logs = visits.flatMap(({host, value}) =>
      value.logs.map(({path, file, size}) => ({host, path, file, size})),
    );
    return waiting(
      came.length > 0
        ? `there are still visitors: ${came.join('; ')}`
        : 'counting visitors from now on',
      {since: now.toISOString(), logs},
    );
  },
});

function obstacleIn(visits: PerHost<Visits>, logs: readonly string[]) {
  for (const {host, value} of visits) {
    if (!value.canSee) {
      return blocked(
        `${host} has no ss, so its connections cannot be counted.`,
        `Install it on ${host}: apt-get install iproute2`,
      );
    }
    const missing = logs.find((path) => !value.logs.some((log) => log.path === path));
    if (missing !== undefined) {
      return blocked(
        `${host} has no access log ${missing}, so its requests cannot be counted.`,
        'Correct the input "logs", or turn on the access log of the web server.',
      );
    }
  }
  return undefined;
}

/** `web1: 12 requests in /var/log/nginx/access.log, 2 connections from 192.0.2.7`; nothing where nobody came. */
function visitorsText({host, value}: PerHost<Visits>[number]): readonly string[] {
  const texts = [
    ...value.logs
      .filter(({added}) => added > 0)
      .map(({path, added}) => `${countText(added, 'request')} in ${path}`),
    ...value.remotes
      .slice(0, shownOfMany)
      .map(({address, count}) => `${countText(count, 'connection')} from ${address}`),
  ];
  const more = value.remotes.length - shownOfMany;
  const all = more > 0 ? [...texts, `and from ${more} more`] : texts;
  return all.length === 0 ? [] : [`${host}: ${all.join(', ')}`];
}

const shownOfMany = 5;

const secondsText = (ms: number): string => `${Math.floor(ms / 1_000)} s`;
