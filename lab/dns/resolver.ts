import {type Answer, type Packet, RECURSION_AVAILABLE, RECURSION_DESIRED} from 'dns-packet';
import {rcodeOf} from 'switcharoo/name-servers';
import {DnsCache, type Known, ttlOf} from './cache.ts';
import {DelegationWalk} from './delegation-walk.ts';
import {type DnsResponse, type DnsServer, serveDns} from './server.ts';

/** How a resolver may disobey. All can be changed while it runs. */
export interface ResolverFaults {
  /** Raises every TTL to at least this many seconds, as some providers do. */
  minimumTtlSeconds: number;
  /** Hands out what has expired, with a TTL of 30 s (RFC 8767): instead of asking, or when nobody answers. */
  serveStale: 'never' | 'when-unreachable' | 'always';
  /** Hears every query and answers none. */
  silent: boolean;
}

export interface Resolver extends DnsServer {
  readonly faults: ResolverFaults;
  /** Forgets everything. */
  flush(): void;
}

type Question = {readonly name: string; readonly type: string};

const staleTtlSeconds = 30; // RFC 8767, 4.
const longestChain = 8;

/** A caching resolver. It begins at one authoritative server, and follows the delegations that are told there. */
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
    const found = await resolve(question, (wanted) =>
      lookUp(wanted, {cache, faults, upstream, mayAsk}),
    );
    // Asked without RD for what it has not cached, a resolver has nothing to say, and that is no failure.
    return found ?? nothing(mayAsk ? 'SERVFAIL' : 'NOERROR');
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
  find: (wanted: Question) => Promise<Known | undefined>,
): Promise<DnsResponse | undefined> {
  const answers: Answer[] = [];
  let {name} = question;
  for (let links = 0; links < longestChain; links += 1) {
    const known = await find({name, type: question.type});
    if (known === undefined) {
      return undefined;
    }
    answers.push(...aged(known.answers, known.secondsLeft));
    const [first] = known.answers;
    if (first?.type !== 'CNAME' || question.type === 'CNAME') {
      const authorities = aged(known.authorities, known.secondsLeft);
      return {rcode: known.rcode, flags: RECURSION_AVAILABLE, answers, authorities};
    }
    name = first.data;
  }
  return undefined;
}

interface Means {
  readonly cache: DnsCache;
  readonly faults: ResolverFaults;
  readonly upstream: (question: Question) => Promise<Packet>;
  /** Without RD, only what is in the cache is told. */
  readonly mayAsk: boolean;
}

/** The records of one name and type, or its CNAME: from the cache while they live, else from upstream. */
async function lookUp(wanted: Question, means: Means): Promise<Known | undefined> {
  const {cache, faults, mayAsk} = means;
  const cached = cache.get(wanted.name, wanted.type);
  if (cached && cached.secondsLeft > 0) {
    return cached;
  }
  const stale = cached && {...cached, secondsLeft: staleTtlSeconds};
  if (stale && faults.serveStale === 'always') {
    return stale;
  }
  const fresh = mayAsk ? await fetched(wanted, means) : undefined;
  return fresh ?? (faults.serveStale === 'when-unreachable' ? stale : undefined);
}

async function fetched(
  wanted: Question,
  {cache, faults, upstream}: Means,
): Promise<Known | undefined> {
  const reply = await upstream(wanted).catch(() => undefined);
  if (reply === undefined || !['NOERROR', 'NXDOMAIN'].includes(rcodeOf(reply))) {
    return undefined;
  }
  cache.keep(wanted, reply, faults.minimumTtlSeconds);
  // With a TTL of 0 it is told once, and not again (RFC 1035, 3.2.1).
  return cache.get(wanted.name, wanted.type);
}

/** Questions that are already on their way are not sent again. */
function upstreamOf(ask: Means['upstream']): Means['upstream'] {
  const underway = new Map<string, Promise<Packet>>();
  return (question) => {
    const key = `${question.name.toLowerCase()} ${question.type}`;
    const asked = underway.get(key) ?? ask(question).finally(() => underway.delete(key));
    underway.set(key, asked);
    return asked;
  };
}

/** TTLs count down; the last second is told as 1, since 0 would mean "do not keep". */
function aged(answers: readonly Answer[], secondsLeft: number): readonly Answer[] {
  const left = Math.max(0, Math.ceil(secondsLeft));
  return answers.map((answer) => (ttlOf(answer) === left ? answer : {...answer, ttl: left}));
}
