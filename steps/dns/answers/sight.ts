import type {Blocked} from '../../../src/index.ts';
import {canonicalName} from '../../name-servers/index.ts';
import type {DnsReader, NoReply, Reply} from '../contract.ts';
import {sortedText} from './answer-text.ts';
import {expectationOf} from './expected.ts';
import {contentText, valuesOf} from './late.ts';
import {noReplyText} from './role-text.ts';
import {wrongServer} from './wrong-server.ts';

/** One name and type, whose servers are asked, and what they are to answer. */
interface Watched {
  readonly name: string;
  readonly type: string;
  readonly servers: 'authoritative' | 'resolvers' | 'parents';
  /** One of the two is given. */
  readonly values?: readonly string[] | undefined;
  readonly absent?: true | undefined;
}

/** What each server answers; `values` are in order, and the first CNAME where there is one. */
export interface ServerAnswer {
  readonly server: string;
  readonly values: readonly string[];
}

interface DnsSight {
  readonly kind: 'seen';
  readonly isDone: boolean;
  readonly answers: readonly ServerAnswer[];
  /** `ns1 answers 192.0.2.1`, for each server. */
  readonly is: string;
  readonly shouldBe: string;
}

interface Unseen {
  readonly kind: 'unseen';
  /** Which server gives no answer, and why. */
  readonly reason: string;
}

/** Whether all servers of one kind answer as wanted. A server without an answer says neither yes nor no. */
export async function seeAnswers(
  dns: DnsReader,
  {name, type, servers, values, absent}: Watched,
  signal: AbortSignal,
): Promise<DnsSight | Unseen | Blocked> {
  const question = {name, type};
  const asked = await (servers === 'parents'
    ? dns.askParents(question, signal)
    : dns.ask(question, signal));
  const role = servers === 'resolvers' ? 'resolver' : 'authoritative';
  const replies = servers === 'parents' ? asked : asked.filter((reply) => reply.role === role);
  const blockage = replies.length === 0 ? noServers(dns, servers) : wrongServer(replies, question);
  if (blockage) {
    return blockage;
  }
  const silent = replies.find((reply) => !isAnswer(reply));
  if (silent) {
    return {kind: 'unseen', reason: silentText(silent)};
  }
  const request = {...question, ...(values && {values: [...values]}), ...(absent && {absent})};
  const expected = await expectationOf(request, dns, signal);
  const answers = replies.filter(isAnswer).map((reply) => atDelegation(reply, type));
  return {
    kind: 'seen',
    isDone: expected.kind === 'expectation' && answers.every((reply) => expected.matches(reply)),
    answers: answers.map((reply) => ({server: reply.server, values: shownValues(reply)})),
    is: answers.map((reply) => `${reply.server} answers ${contentText(reply)}`).join(', '),
    shouldBe: `answers ${absent ? 'no such record' : sortedText([...(values ?? [])])} for ${canonicalName(name)} ${type}`,
  };
}

const noServers = ({name}: DnsReader, servers: Watched['servers']): Blocked => ({
  kind: 'blocked',
  reason: `The target ${name} has no "${servers}" servers.`,
  hint: `Add "${servers}" to the target ${name} in the inventory.`,
});

/** An answer about the name: SERVFAIL is none. */
const isAnswer = (reply: Reply | NoReply): reply is Reply =>
  reply.kind === 'reply' && ['NOERROR', 'NXDOMAIN'].includes(reply.rcode);

const silentText = (reply: Reply | NoReply): string =>
  reply.kind === 'no-reply' ? noReplyText(reply) : `${reply.server} answers ${reply.rcode}`;

/** A parent has the name servers of a domain as a referral, and not as an answer. */
const atDelegation = (reply: Reply, type: string): Reply =>
  type === 'NS' && reply.records.length === 0 ? {...reply, records: reply.delegation} : reply;

/** The addresses behind a CNAME belong to another zone, and change by themselves. */
const shownValues = (reply: Reply): readonly string[] => {
  const [first] = reply.chain;
  return first ? [`CNAME ${first.value}`] : valuesOf(reply);
};
