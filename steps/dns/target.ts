import type {Packet} from 'dns-packet';
import {z} from 'zod';
import {type Blocked, blocked, defineTarget, SwitcharooError} from '../../src/index.ts';
import {
  canonicalName,
  type DnsRecord,
  exchange,
  type Over,
  type Question,
  rcodeOf,
  recordOf,
  serverAddress,
} from '../name-servers/index.ts';

const config = z.object({
  authoritative: z.array(serverAddress).min(1),
  resolvers: z.array(serverAddress).default([]),
  /** Name servers of the domain above, which say whom to ask for this one. */
  parents: z.array(serverAddress).default([]),
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
  /** The CNAMEs on the way to them. */
  readonly chain: readonly DnsRecord[];
  /** Where a CNAME sends whoever asks, when the reply ends there. */
  readonly leadsTo?: string;
  /** Seconds for which caches remember that there is no such record (RFC 2308); 0 when there is one. */
  readonly missingTtl: number;
  /** The zone that has no such record. */
  readonly apex?: string;
  /** The name servers to which a server of the domain above sends whoever asks. */
  readonly delegation: readonly DnsRecord[];
}

/** No answer from one name server, and why, in words. */
export interface Silence {
  readonly kind: 'silence';
  readonly server: string;
  readonly role: Role;
  readonly reason: string;
}

export type Role = 'authoritative' | 'resolver' | 'parent';

/** DNS as the world sees it: every authoritative server, and the resolvers that the operator watches. */
export interface DnsReader {
  readonly name: string;
  /** Asks every server at the same time: authoritative ones without recursion, resolvers with it. */
  ask(question: Question, signal: AbortSignal, over?: Over): Promise<readonly (Reply | Silence)[]>;
  /** How many name servers of the domain above the inventory has. */
  readonly parents: number;
  /** Asks the name servers of the domain above, where the inventory has them. */
  askParents(question: Question, signal: AbortSignal): Promise<readonly (Reply | Silence)[]>;
}

/** The name servers through which a change of DNS is watched. Nothing is ever written through it. */
export const dnsView = defineTarget({
  kind: 'dns',
  config,
  open: async ({authoritative, resolvers, parents}, {name}) => {
    const reader: DnsReader = {
      name,
      ask: (question, signal, over) =>
        Promise.all([
          ...authoritative.map((at) => askOne(at, 'authoritative', question, {signal, over})),
          ...resolvers.map((at) => askOne(at, 'resolver', question, {signal, over})),
        ]),
      parents: parents.length,
      askParents: (question, signal) =>
        Promise.all(parents.map((at) => askOne(at, 'parent', question, {signal}))),
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

const words: Readonly<Record<Role, string>> = {
  authoritative: 'authoritative server',
  resolver: 'resolver',
  parent: 'name server of the domain above',
};
export const wordsOf = (role: Role): string => words[role];

async function askOne(
  address: string,
  role: Role,
  question: Question,
  {signal, over}: {readonly signal: AbortSignal; readonly over?: Over | undefined},
): Promise<Reply | Silence> {
  try {
    const options = {recursive: role === 'resolver', signal, ...(over && {over})};
    const packet = await exchange(address, question, options);
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

type Found = Pick<Reply, 'records' | 'chain' | 'leadsTo' | 'missingTtl' | 'apex' | 'delegation'>;

function foundIn(packet: Packet, type: string): Found {
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

function wrongOf({rcode, role, authoritative}: Reply): string | undefined {
  if (rcode === 'REFUSED' || rcode === 'NOTIMP' || rcode === 'FORMERR') {
    return `answers ${rcode} to questions for`;
  }
  return role === 'authoritative' && !authoritative && rcode !== 'SERVFAIL'
    ? 'answers without authority (AA) for'
    : undefined;
}
