import {z} from 'zod';
import {type Blocked, blocked, defineGate, done, waiting} from '../../src/index.ts';
import {canonicalName} from '../name-servers/index.ts';
import {expectationOf, expectedFields, isOneExpectation} from './answers/expected.ts';
import {type AnswerOver, lastExpiryTexts, lateServerTexts} from './answers/late.ts';
import {severalText} from './answers/several.ts';
import {wrongServer} from './answers/wrong-server.ts';
import type {DnsReader, NoReply, Reply} from './contract.ts';
import {dnsView} from './target.ts';
import {after, moment, utcText} from './ttl/times.ts';

const type = z.string().toUpperCase().default('A');
const oneExpectation = 'give one of values, oneOf, sameAs and absent';

const input = z
  .object({
    name: z.string().optional(),
    type,
    ...expectedFields,
    /** Instead of one name: several names and types, each with what is expected of it. */
    records: z
      .array(
        z
          .object({name: z.string(), type, ...expectedFields})
          .refine(isOneExpectation, {message: oneExpectation}),
      )
      .min(1)
      .optional(),
    /** Clients need both: long answers go over TCP. */
    over: z
      .array(z.enum(['udp', 'tcp']))
      .min(1)
      .default(['udp', 'tcp']),
    /** When all authoritative servers had the change, and the old TTL: other caches hold the old values that long. */
    since: moment.optional(),
    oldTtlSeconds: z.coerce.number().int().nonnegative().optional(),
  })
  .refine(({name, records}) => (name === undefined) !== (records === undefined), {
    message: 'give either name or records',
  })
  .refine((given) => given.records !== undefined || isOneExpectation(given), {
    message: oneExpectation,
  });
type Input = z.output<typeof input>;
type Expected = NonNullable<Input['records']>[number];

/** Open once every authoritative server and every resolver answers exactly the new values. */
export const propagated = defineGate({
  name: 'dns.propagated',
  summary:
    'Wait until all name servers and resolvers answer with the new values, over UDP and TCP.',
  targets: {dns: dnsView},
  input,
  /** When the last cache that honours TTLs expires the old values, where the runbook gives `since` and the old TTL. */
  output: z.object({cachesExpireAt: z.string().optional()}),
  needs: {dns: ['to reach each server over UDP and TCP']},
  timeoutMs: 15 * 60_000,
  neverSkip: 'Only this gate proves that resolvers send visitors to the new side.',
  poll: {firstMs: 100, mostMs: 5_000},
  check: async ({input, targets: {dns}, now, signal}) => {
    const {name = '', records = [{...input, name}]} = input;
    const blind = withoutResolvers(records, dns);
    if (blind) {
      return blind;
    }
    const results = await Promise.all(
      records.map((record) => progressOf(record, input, {dns, now, signal})),
    );
    const blockage = results.find((each) => typeof each === 'object');
    const progress = results.filter((each) => typeof each === 'string');
    return (
      blockage ??
      (progress.length === 0 ? done(cachesExpireAt(input)) : waiting(severalText(progress)))
    );
  },
});

/** Authoritative servers do not know the addresses of a load balancer: its name is in another zone. */
function withoutResolvers(records: readonly Expected[], dns: DnsReader): Blocked | undefined {
  const alias = records.find(({sameAs}) => sameAs !== undefined);
  return alias && !dns.hasResolvers
    ? blocked(
        `${dns.name} has no resolver, so the addresses of ${alias.sameAs} cannot be looked up.`,
        'Add the resolvers that your clients use to "resolvers" of the dns target in the inventory.',
      )
    : undefined;
}

interface Means {
  readonly dns: DnsReader;
  readonly now: Date;
  readonly signal: AbortSignal;
}

/** What one record still lacks; nothing once all servers have it. */
async function progressOf(
  record: Expected,
  input: Input,
  {dns, now, signal}: Means,
): Promise<string | Blocked | undefined> {
  const {name, type} = record;
  const [expected, ...asked] = await Promise.all([
    expectationOf(record, dns, signal),
    ...input.over.map((over) => dns.ask({name, type}, signal, over)),
  ]);
  const blockage = wrongServer(asked.flat(), {name, type});
  if (blockage || expected.kind === 'unknown') {
    return blockage ?? (expected.kind === 'unknown' ? expected.reason : undefined);
  }
  const servers = answersByServer(input, asked);
  const behind = servers
    .map((answers) =>
      answers.filter(({reply}) => reply.kind === 'no-reply' || !expected.matches(reply)),
    )
    .filter((late) => late.length > 0);
  if (behind.length === 0) {
    return undefined;
  }
  const kind = input.records === undefined ? '' : ` ${type}`;
  const progress = `${servers.length - behind.length} of ${servers.length} servers answer ${expected.text} for ${canonicalName(name)}${kind}`;
  const late = behind.flatMap((answers) => lateServerTexts(answers, input.over.length, now));
  const last = lastExpiryTexts(behind.flat(), cachesExpireAt(input).cachesExpireAt, now);
  return [progress, ...late, ...last].join('; ');
}

/** The replies of each server over all transports: `ask` returns the servers in the same order each time. */
const answersByServer = (
  {over}: Input,
  asked: readonly (readonly (Reply | NoReply)[])[],
): readonly (readonly AnswerOver[])[] =>
  (asked[0] ?? []).map((_, index) =>
    over.flatMap((transport, at): readonly AnswerOver[] => {
      const reply = asked[at]?.[index];
      return reply ? [{over: transport, reply}] : [];
    }),
  );

const cachesExpireAt = ({since, oldTtlSeconds}: Input): {cachesExpireAt?: string} =>
  since && oldTtlSeconds !== undefined
    ? {cachesExpireAt: utcText(after(since, oldTtlSeconds))}
    : {};
