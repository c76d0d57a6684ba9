import type {Packet} from 'dns-packet';
import {SwitcharooError} from '../../../src/index.ts';
import {
  type DnsRecord,
  exchange,
  type Over,
  type Question,
  rcodeOf,
  recordOf,
} from '../../name-servers/index.ts';
import type {NoReply, Reply, Role} from '../contract.ts';

/** Asks one server (`address:port`) one question: a resolver with recursion, the others without. */
export async function queryServer(
  server: string,
  role: Role,
  question: Question,
  {signal, over}: {readonly signal: AbortSignal; readonly over?: Over | undefined},
): Promise<Reply | NoReply> {
  try {
    const options = {recursive: role === 'resolver', signal, ...(over && {over})};
    const packet = await exchange(server, question, options);
    return {
      kind: 'reply',
      server,
      role,
      rcode: rcodeOf(packet),
      authoritative: packet.flag_aa,
      ...contentOf(packet, question.type),
    };
  } catch (error) {
    if (error instanceof SwitcharooError) {
      // The reason of the last attempt, from `exchange`.
      return {kind: 'no-reply', server, role, reason: (error.cause as Error).message};
    }
    throw error;
  }
}

type Content = Pick<Reply, 'records' | 'chain' | 'leadsTo' | 'missingTtl' | 'apex' | 'delegation'>;

function contentOf(packet: Packet, type: string): Content {
  const answers = recordsIn(packet.answers);
  const authorities = recordsIn(packet.authorities);
  const records = answers.filter((record) => record.type === type);
  const chain = answers.filter((record) => record.type === 'CNAME' && type !== 'CNAME');
  const soa = authorities.find((record) => record.type === 'SOA');
  const end = chain.at(-1);
  return {
    records,
    chain,
    missingTtl: soa && records.length === 0 ? negativeTtlOf(soa) : 0,
    delegation: answers.length > 0 ? [] : authorities.filter((record) => record.type === 'NS'),
    ...(soa && {apex: soa.name}),
    ...(end && records.length === 0 && {leadsTo: end.value}),
  };
}

/** The smaller of the SOA's own TTL and its minimum (RFC 2308, 5). */
const negativeTtlOf = ({ttl, value}: DnsRecord): number =>
  Math.min(ttl, Number(value.split(' ').at(-1)));

const recordsIn = (answers: Packet['answers'] = []): readonly DnsRecord[] =>
  answers.flatMap((answer) => (answer.type === 'OPT' ? [] : [recordOf(answer)]));
