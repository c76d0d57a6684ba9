import type {Over} from '../../name-servers/index.ts';
import type {NoReply, Reply} from '../contract.ts';
import {after, latest, utcText} from '../ttl/times.ts';
import {sortedText} from './answer-text.ts';
import {noReplyText, roleText} from './role-text.ts';

/** The reply of one server over one transport. */
export interface AnswerOver {
  readonly over: Over;
  readonly reply: Reply | NoReply;
}

export const valuesText = (reply: Reply): string => sortedText(valuesOf(reply));

export const valuesOf = ({records}: Reply): string[] => records.map(({value}) => value).sort();

/** The answers of one server that are not the new ones: one text where all transports agree, else one for each. */
export function lateServerTexts(
  late: readonly AnswerOver[],
  transports: number,
  now: Date,
): readonly string[] {
  const texts = new Set(late.map(({reply}) => contentText(reply)));
  const longest = [...late].sort(
    (first, second) => secondsOf(second.reply) - secondsOf(first.reply),
  );
  // Of several missing replies the last one, over TCP, names the address that did not answer.
  const [first] = longest[0]?.reply.kind === 'no-reply' ? late.slice(-1) : longest;
  return texts.size === 1 && late.length === transports && first
    ? [lateText(first.reply, '', now)]
    : late.map(({reply, over}) => lateText(reply, ` over ${over.toUpperCase()}`, now));
}

function lateText(reply: Reply | NoReply, over: string, now: Date): string {
  const server = `${reply.server}${over}`;
  return reply.kind === 'no-reply'
    ? noReplyText({...reply, server})
    : `${roleText(reply.role)} ${server} still answers ${contentText(reply)}${lifetimeText(reply, now)}`;
}

/** The values, or what there is instead. */
export function contentText(reply: Reply | NoReply): string {
  return reply.kind === 'no-reply' ? 'no reply' : valuesText(reply) || emptyText(reply);
}

function emptyText({rcode, leadsTo}: Reply): string {
  const nothing = rcode === 'NOERROR' ? 'no such record' : rcode;
  return leadsTo === undefined ? nothing : `a CNAME to ${leadsTo}`;
}

const secondsOf = (reply: Reply | NoReply): number =>
  reply.kind === 'no-reply'
    ? 0
    : Math.max(reply.missingTtl, ...[...reply.records, ...reply.chain].map(({ttl}) => ttl));

/** Caches hold an authoritative answer for its whole TTL; a resolver's answer carries the rest of it. */
function lifetimeText(reply: Reply, now: Date): string {
  const seconds = secondsOf(reply);
  if (seconds === 0) {
    return '';
  }
  return reply.role === 'resolver'
    ? `, until ${utcText(after(now, seconds))} at most`
    : `, with a TTL of ${seconds} s`;
}

/** When the last watched resolver expires the old values, unless a server still has them; and when other caches do. */
export function lastExpiryTexts(
  late: readonly AnswerOver[],
  cachesExpireAt: string | undefined,
  now: Date,
): readonly string[] {
  const cached = late.filter(({reply}) => secondsOf(reply) > 0);
  const resolvers = new Set(cached.map(({reply}) => reply.server));
  const onlyResolvers =
    cached.every(({reply}) => reply.role === 'resolver') && cached.length === late.length;
  const last = latest(cached.map(({reply}) => after(now, secondsOf(reply))));
  return [
    ...(onlyResolvers && resolvers.size > 1
      ? [`the last of them expires it at ${utcText(last)} at most`]
      : []),
    ...(cachesExpireAt ? [`other caches expire it at ${cachesExpireAt} at most`] : []),
  ];
}
