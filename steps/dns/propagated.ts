import {z} from 'zod';
import {defineGate, done, waiting} from '../../src/index.ts';
import {canonicalName, canonicalValue} from '../name-servers/index.ts';
import {sortedText} from './answers/answer-text.ts';
import {type AnswerOver, lastExpiryTexts, lateServerTexts, valuesText} from './answers/late.ts';
import {wrongServer} from './answers/wrong-server.ts';
import type {NoReply, Reply} from './contract.ts';
import {dnsView} from './target.ts';
import {after, moment, utcText} from './ttl/times.ts';

const values = z.array(z.string()).min(1);

const input = z
  .object({
    name: z.string(),
    type: z.string().toUpperCase().default('A'),
    /** As Route 53 writes them; order does not matter. */
    values: values.optional(),
    /** Instead of `values`, for a weighted record: each answer is exactly one of these. */
    oneOf: z.array(values).min(1).optional(),
    /** Clients need both: long answers go over TCP. */
    over: z
      .array(z.enum(['udp', 'tcp']))
      .min(1)
      .default(['udp', 'tcp']),
    /** When all authoritative servers had the change, and the old TTL: other caches hold the old values that long. */
    since: moment.optional(),
    oldTtlSeconds: z.coerce.number().int().nonnegative().optional(),
  })
  .refine(({values, oneOf}) => (values === undefined) !== (oneOf === undefined), {
    message: 'give either values or oneOf',
  });
type Input = z.output<typeof input>;

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
    const {name, type} = input;
    const asked = await Promise.all(input.over.map((over) => dns.ask({name, type}, signal, over)));
    const blockage = wrongServer(asked.flat(), {name, type});
    if (blockage) {
      return blockage;
    }
    const expected = (input.oneOf ?? [input.values ?? []]).map((set) =>
      sortedText(set.map((value) => canonicalValue(type, value))),
    );
    const servers = answersByServer(input, asked);
    const behind = servers
      .map((answers) =>
        answers.filter(
          ({reply}) => reply.kind === 'no-reply' || !expected.includes(valuesText(reply)),
        ),
      )
      .filter((late) => late.length > 0);
    const expiry = cachesExpireAt(input);
    if (behind.length === 0) {
      return done(expiry);
    }
    const progress = `${servers.length - behind.length} of ${servers.length} servers answer ${expected.join(' or ')} for ${canonicalName(name)}`;
    const late = behind.flatMap((answers) => lateServerTexts(answers, input.over.length, now));
    const last = lastExpiryTexts(behind.flat(), expiry.cachesExpireAt, now);
    return waiting([progress, ...late, ...last].join('; '));
  },
});

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
