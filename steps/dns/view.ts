import type {Packet} from 'dns-packet';
import {z} from 'zod';
import {type Blocked, blocked, defineTarget, SwitcharooError} from '../../src/index.ts';
import {exchange, type Question, rcodeOf} from './exchange.ts';
import {canonicalName, type DnsRecord, recordOf} from './values.ts';

const server = z
  .string()
  .regex(
    /^(\[[0-9a-fA-F:.]+\]|[^\s:[\]]+)(:\d{1,5})?$/,
    'must be address:port, such as 192.0.2.1:53',
  );

const config = z.object({
  authoritative: z.array(server).min(1),
  resolvers: z.array(server).default([]),
});

/** What one name server said. */
export interface Reply {
  readonly kind: 'reply';
  /** `address:port`. */
  readonly server: string;
  readonly role: Role;
  readonly rcode: string;
  /** AA: the server holds the zone itself. */
  readonly authoritative: boolean;
  /** The records of the type that was asked for, at the end of a chain of CNAMEs too. */
  readonly records: readonly DnsRecord[];
  /** Where a CNAME sends whoever asks, when the reply ends there. */
  readonly leadsTo?: string;
  /** Seconds for which caches remember that there is no such record; 0 when there is one. */
  readonly missingTtl: number;
}

/** No answer from one name server, and why, in words. */
export interface Silence {
  readonly kind: 'silence';
  readonly server: string;
  readonly role: Role;
  readonly reason: string;
}

export type Role = 'authoritative' | 'resolver';

/** DNS as the world sees it: every authoritative server, and the resolvers that the operator watches. */
export interface DnsReader {
  readonly name: string;
  /** Asks every server at the same time: authoritative ones without recursion, resolvers with it. */
  ask(question: Question, signal: AbortSignal): Promise<readonly (Reply | Silence)[]>;
}

/** The name servers through which a change of DNS is watched. Nothing is ever written through it. */
export const dnsView = defineTarget({
  kind: 'dns',
  config,
  open: async ({authoritative, resolvers}, {name}) => {
    const reader: DnsReader = {
      name,
      ask: (question, signal) =>
        Promise.all([
          ...authoritative.map((address) => askOne(address, 'authoritative', question, signal)),
          ...resolvers.map((address) => askOne(address, 'resolver', question, signal)),
        ]),
    };
    return {reader, writer: reader, close: async () => {}};
  },
});

/** The servers that no waiting will make useful: one that does not hold the zone, one that refuses to answer us. */
export function misplaced(
  replies: readonly (Reply | Silence)[],
  {name}: Question,
): Blocked | undefined {
  const wrong = replies.find((reply) => reply.kind === 'reply' && wrongOf(reply) !== undefined);
  return wrong?.kind === 'reply'
    ? blocked(
        `The ${wordsOf(wrong.role)} ${wrong.server} ${wrongOf(wrong)} ${canonicalName(name)}`,
        `Correct the list of ${wrong.role === 'resolver' ? 'resolvers' : 'authoritative servers'} of the dns target in the inventory, or the name.`,
      )
    : undefined;
}

export const wordsOf = (role: Role) => (role === 'resolver' ? 'resolver' : 'authoritative server');

async function askOne(
  address: string,
  role: Role,
  question: Question,
  signal: AbortSignal,
): Promise<Reply | Silence> {
  try {
    const packet = await exchange(address, question, {recursive: role === 'resolver', signal});
    const authoritative = packet.flag_aa;
    const common = {kind: 'reply', server: address, role, rcode: rcodeOf(packet)} as const;
    return {...common, authoritative, ...foundIn(packet, question.type)};
  } catch (error) {
    if (error instanceof SwitcharooError) {
      // What the last attempt met, from `exchange`.
      return {kind: 'silence', server: address, role, reason: (error.cause as Error).message};
    }
    throw error;
  }
}

function foundIn(packet: Packet, type: string): Pick<Reply, 'records' | 'leadsTo' | 'missingTtl'> {
  const answers = recordsIn(packet.answers);
  const records = answers.filter((record) => record.type === type);
  const cname = answers.findLast((record) => record.type === 'CNAME');
  const soa = recordsIn(packet.authorities).find((record) => record.type === 'SOA');
  const found = {records, missingTtl: soa && records.length === 0 ? soa.ttl : 0};
  return cname && records.length === 0 ? {...found, leadsTo: cname.value} : found;
}

const recordsIn = (answers: Packet['answers'] = []): readonly DnsRecord[] =>
  answers.flatMap((answer) => (answer.type === 'OPT' ? [] : [recordOf(answer)]));

function wrongOf({rcode, role, authoritative}: Reply): string | undefined {
  if (rcode === 'REFUSED' || rcode === 'NOTIMP' || rcode === 'FORMERR') {
    return `answers ${rcode} to questions for`;
  }
  return role === 'authoritative' && !authoritative && rcode !== 'SERVFAIL'
    ? 'answers without authority (AA) for'
    : undefined;
}
