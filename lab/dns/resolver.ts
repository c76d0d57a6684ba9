import {type Answer, type Packet, RECURSION_AVAILABLE, RECURSION_DESIRED} from 'dns-packet';
import {rcodeOf} from 'switcharoo/name-servers';
import {type CachedAnswer, DnsCache, ttlOf} from './cache.ts';
import {DelegationWalk} from './delegation-walk.ts';
import {type DnsResponse, type DnsServer, serveDns} from './server.ts';

/** Faults of a resolver. All can be changed while it runs. */
interface ResolverFaults {
  /** Raises every TTL to at least this many seconds, as some providers do. */
  minimumTtlSeconds: number;
  /** Answers with expired records and a TTL of 30 s (RFC 8767): instead of asking, or when no server answers. */
  serveStale: 'never' | 'when-unreachable' | 'always';
  /** Receives every query and answers none. */
  silent: boolean;
}

export interface Resolver extends DnsServer {
  readonly faults: ResolverFaults;
  /** Empties the cache. */
  flush(): void;
}

type Question = {readonly name: string; readonly type: string};

const staleTtlSeconds = 30; // RFC 8767, 4.
const longestChain = 8;

/** A caching resolver. It starts at one authoritative server, and follows the delegations there. */
export async function startResolver({
  address,
  authoritative,
  now = () => performance.now(),
}: {
  readonly address: string;
  readonly authoritative: {readonly address: string; readonly port: number};
  /** Milliseconds on any clock that does not jump. */
  readonly now?: () => number;
}): Promise<Resolver> {
  const faults: ResolverFaults = {minimumTtlSeconds: 0, serveStale: 'never', silent: false};
  const cache = new DnsCache(now);
  const stopping = new AbortController();
  const walk = new DelegationWalk({start: authoritative, cache, now, signal: stopping.signal});
  const upstream = upstreamOf((question) => walk.ask(question));
  const server = await serveDns(address, async (question, query) => {
    if (faults.silent) {
      return undefined;
    }
    const mayAsk = ((query.flags ?? 0) & RECURSION_DESIRED) !== 0;
    const response = await resolve(question, (link) =>
      lookUp(link, {cache, faults, upstream, mayAsk}),
    );
    // Without RD, a resolver answers only from its cache: an empty answer is no failure then.
    return response ?? nothing(mayAsk ? 'SERVFAIL' : 'NOERROR');
  });
  return {
    ...server,
    faults,
    flush: () => {
      cache.clear();
      walk.clear();
    },
    stop: async () => {
      stopping.abort(new Error('the resolver stops'));
      await server.stop();
    },
  };
}

const nothing = (rcode: DnsResponse['rcode']): DnsResponse => ({
  rcode,
  flags: RECURSION_AVAILABLE,
  answers: [],
  authorities: [],
});

/** Follows CNAMEs, each link with a lifetime of its own. */
async function resolve(
  question: Question,
  find: (link: Question) => Promise<CachedAnswer | undefined>,
): Promise<DnsResponse | undefined> {
  const answers: Answer[] = [];
  let {name} = question;
  for (let links = 0; links < longestChain; links += 1) {
    const cached = await find({name, type: question.type});
    if (cached === undefined) {
      return undefined;
    }
    answers.push(...aged(cached.answers, cached.secondsLeft));
    const [first] = cached.answers;
    if (first?.type !== 'CNAME' || question.type === 'CNAME') {
      const authorities = aged(cached.authorities, cached.secondsLeft);
      return {rcode: cached.rcode, flags: RECURSION_AVAILABLE, answers, authorities};
    }
    name = first.data;
  }
  return undefined;
}

interface Means {
  readonly cache: DnsCache;
  readonly faults: ResolverFaults;
  readonly upstream: (question: Question) => Promise<Packet>;
  /** Without RD, answers come only from the cache. */
  readonly mayAsk: boolean;
}

/** The records of one name and type, or its CNAME: from the cache until they expire, else from upstream. */
async function lookUp(question: Question, means: Means): Promise<CachedAnswer | undefined> {
  const {cache, faults, mayAsk} = means;
  const cached = cache.get(question.name, question.type);
  if (cached && cached.secondsLeft > 0) {
    return cached;
  }
  const stale = cached && {...cached, secondsLeft: staleTtlSeconds};
  if (stale && faults.serveStale === 'always') {
    return stale;
  }
  const fresh = mayAsk ? await fetched(question, means) : undefined;
  return fresh ?? (faults.serveStale === 'when-unreachable' ? stale : undefined);
}

async function fetched(
  question: Question,
  {cache, faults, upstream}: Means,
): Promise<CachedAnswer | undefined> {
  const reply = await upstream(question).catch(() => undefined);
  if (reply === undefined || !['NOERROR', 'NXDOMAIN'].includes(rcodeOf(reply))) {
    return undefined;
  }
  cache.keep(question, reply, faults.minimumTtlSeconds);
  // A record with a TTL of 0 is answered once, and not cached (RFC 1035, 3.2.1).
  return cache.get(question.name, question.type);
}

/** A question that is already sent is not sent a second time. */
function upstreamOf(ask: Means['upstream']): Means['upstream'] {
  const underway = new Map<string, Promise<Packet>>();
  return (question) => {
    const key = `${question.name.toLowerCase()} ${question.type}`;
    const asked = underway.get(key) ?? ask(question).finally(() => underway.delete(key));
    underway.set(key, asked);
    return asked;
  };
}

/** TTLs count down; the last second is sent as 1, because 0 means "do not cache". */
function aged(answers: readonly Answer[], secondsLeft: number): readonly Answer[] {
  const left = Math.max(0, Math.ceil(secondsLeft));
  return answers.map((answer) => (ttlOf(answer) === left ? answer : {...answer, ttl: left}));
}
