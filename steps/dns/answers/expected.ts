import {z} from 'zod';
import {canonicalName, canonicalValue} from '../../name-servers/index.ts';
import type {DnsReader, Reply} from '../contract.ts';
import {sortedText} from './answer-text.ts';
import {valuesText} from './late.ts';

const values = z.array(z.string()).min(1);

/** What the servers are to answer for one name and type. */
export const expectedFields = {
  /** As Route 53 writes them; order does not matter. */
  values: values.optional(),
  /** Instead of `values`, for a weighted record: each answer is exactly one of these. */
  oneOf: z.array(values).min(1).optional(),
  /**
   * Instead of `values`, for an alias: the name that it leads to. Each answer must be among the addresses that the
   * resolvers give for that name in the same check, because a load balancer's addresses change.
   */
  sameAs: z.string().optional(),
  /** Instead of `values`: there is no such record any more. */
  absent: z.literal(true).optional(),
};

const fields = z.object(expectedFields);
type Given = z.output<typeof fields>;

export const isOneExpectation = (given: Given): boolean =>
  [given.values, given.oneOf, given.sameAs, given.absent].filter((each) => each !== undefined)
    .length === 1;

interface Expectation {
  readonly kind: 'expectation';
  /** `192.0.2.1, 192.0.2.2`. */
  readonly text: string;
  matches(reply: Reply): boolean;
}

interface Unknown {
  readonly kind: 'unknown';
  readonly reason: string;
}

type Asked = Given & {readonly name: string; readonly type: string};

/** What is expected now. It may be unknown what a load balancer's name has. */
export async function expectationOf(
  {type, absent, sameAs, ...asked}: Asked,
  dns: DnsReader,
  signal: AbortSignal,
): Promise<Expectation | Unknown> {
  if (absent) {
    return {kind: 'expectation', text: 'no such record', matches: hasNone};
  }
  if (sameAs !== undefined) {
    return addressesOf(sameAs, type, dns, signal);
  }
  const texts = (asked.oneOf ?? [asked.values ?? []]).map((set) =>
    sortedText(set.map((value) => canonicalValue(type, value))),
  );
  return {
    kind: 'expectation',
    text: texts.join(' or '),
    matches: (reply) => texts.includes(valuesText(reply)),
  };
}

const hasNone = ({records, rcode}: Reply): boolean =>
  records.length === 0 && ['NOERROR', 'NXDOMAIN'].includes(rcode);

/** Resolvers may have asked at different moments: what any of them has is right. */
async function addressesOf(
  name: string,
  type: string,
  dns: DnsReader,
  signal: AbortSignal,
): Promise<Expectation | Unknown> {
  const replies = (await dns.ask({name, type}, signal)).filter(({role}) => role === 'resolver');
  const answered = replies.filter((reply) => reply.kind === 'reply');
  const current = new Set(answered.flatMap(({records}) => records.map(({value}) => value)));
  if (current.size === 0 && (type === 'A' || !answered.some(({rcode}) => rcode === 'NOERROR'))) {
    const reasons = replies.map((reply) =>
      reply.kind === 'reply' ? reply.rcode : `no answer (${reply.reason})`,
    );
    return {
      kind: 'unknown',
      reason: `the resolvers have no ${type} records of ${canonicalName(name)}: ${[...new Set(reasons)].join(', ')}`,
    };
  }
  return {
    kind: 'expectation',
    text: `what ${canonicalName(name)} has (${sortedText([...current]) || 'no such record'})`,
    // A load balancer without IPv6 has no AAAA records, and neither has an alias to it.
    matches: (reply) =>
      current.size === 0
        ? hasNone(reply)
        : reply.records.length > 0 && reply.records.every(({value}) => current.has(value)),
  };
}
