import {readdirSync, readFileSync} from 'node:fs';
import {documentOf} from './app/documents.ts';
import {mailQueue, takenMails} from './app/visits.ts';
import {documentsFolder} from './bare-metal.ts';
import {writesIn} from './clients/ledger.ts';
import type {Deployment} from './deployment.ts';
import type {Exports} from './exports.ts';
import type {RedisClient, Reply} from './redis/client.ts';
import {earlierSessions, type RedisServers} from './redis/servers.ts';
import {mailsFile, type Site} from './site.ts';

/** What became of things that somebody was told are there. */
interface KeptCount {
  readonly promised: number;
  readonly lost: number;
  /** The first of those that are lost. */
  readonly first: readonly string[];
}

/** What the side in charge has beside the database, held against what both sides have acknowledged. */
export interface Kept {
  readonly documents: KeptCount;
  readonly messages: KeptCount;
  /** Visits in sessions: each order in the session of its visitor, and the sessions of earlier days. */
  readonly sessions: KeptCount;
}

interface KeptOptions {
  readonly site: Site;
  readonly ledger: string;
  readonly redis: RedisServers | undefined;
  readonly deployment: Pick<Deployment, 'documents' | 'documentsPut'>;
  readonly exports: Exports;
}

const mostNamed = 10;

function countOf(promised: readonly string[], has: (name: string) => boolean): KeptCount {
  const lost = promised.filter((name) => !has(name));
  return {promised: promised.length, lost: lost.length, first: lost.slice(0, mostNamed)};
}

export async function countKept(
  {site, ledger, redis, deployment, exports: exported}: KeptOptions,
  inCharge: 'source' | 'aurora',
): Promise<Kept> {
  const writes = writesIn(ledger);
  const server = redis?.[inCharge === 'source' ? 'old' : 'new'];
  const mails = await mailsOf(server, site);
  const sessions = await sessionsOf(server, [...new Set(writes.map(({client}) => client))]);
  const visits = writes.map(({token, client}) => `${token} in session:${client}`);
  return {
    documents: countOf(
      [...documentsOf(writes), ...deployment.documentsPut],
      memberOf(inCharge === 'source' ? filesBelow(site) : deployment.documents()),
    ),
    messages: countOf(
      [...(server ? writes.map(({token}) => token) : []), ...exported.sent],
      memberOf([...mails, ...exported.kept()]),
    ),
    sessions: countOf(server ? [...earlierSessions, ...visits] : [], memberOf(sessions)),
  };
}

const memberOf = (names: readonly string[]) => {
  const all = new Set(names);
  return (name: string): boolean => all.has(name);
};

/** Orders of the old side: the new side has documents of its own. */
const documentsOf = (writes: ReturnType<typeof writesIn>): readonly string[] =>
  writes.flatMap(({token, side}) => (side === 'old' ? (documentOf(token) ?? []) : []));

function filesBelow(site: Site): readonly string[] {
  const folder = documentsFolder(site);
  return readdirSync(folder, {recursive: true, withFileTypes: true})
    .filter((file) => file.isFile())
    .map(({parentPath, name}) => `${parentPath}/${name}`.slice(folder.length + 1));
}

/** Sent ones, and those still to be sent: a mail moves from the queue to those taken, and from there to those sent. */
async function mailsOf(redis: RedisClient | undefined, site: Site): Promise<readonly string[]> {
  const [queued, taken] = redis
    ? await redis.ask(['LRANGE', mailQueue, 0, -1], ['LRANGE', takenMails, 0, -1])
    : [[], []];
  return [...textsOf(queued), ...textsOf(taken), ...linesOf(mailsFile(site))];
}

function linesOf(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return []; // No mail has been sent.
  }
}

async function sessionsOf(
  redis: RedisClient | undefined,
  clients: readonly number[],
): Promise<readonly string[]> {
  const [keys, ...visits] = redis
    ? await redis.ask(
        ['KEYS', 'session:earlier-*'],
        ...clients.map((client) => ['SMEMBERS', `session:${client}`]),
      )
    : [];
  return [
    ...textsOf(keys),
    ...clients.flatMap((client, at) =>
      textsOf(visits[at]).map((token) => `${token} in session:${client}`),
    ),
  ];
}

const textsOf = (reply: Reply | undefined): readonly string[] =>
  Array.isArray(reply) ? reply.map(String) : [];
