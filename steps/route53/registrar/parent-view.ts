import {setTimeout as sleep} from 'node:timers/promises';
import type {ReportProgress} from '../../../src/index.ts';
import type {DnsZoneReader, NoAnswer} from '../../name-servers/index.ts';
import type {NameServer} from '../contract.ts';
import {serverNames} from './server-text.ts';

type Parent = Pick<DnsZoneReader, 'name' | 'delegations' | 'ask'>;

/** The answer of the parent zone, once all its servers give the same. Until then `text` lists what each answers. */
type ParentAnswer<Content> =
  | {readonly kind: 'agreed'; readonly content: Content; readonly ttl: number}
  | {readonly kind: 'divergent'; readonly text: string};

interface ServerAnswer<Content> {
  /** `address:port`. */
  readonly server: string;
  /** Undefined for a server that does not answer. */
  readonly answer?: {readonly content: Content; readonly ttl: number};
  /** Answers with the same text are the same answer. */
  readonly text: string;
}

export async function delegationAt(
  parent: Parent,
  domain: string,
  signal: AbortSignal,
): Promise<ParentAnswer<readonly NameServer[]>> {
  const replies = await parent.delegations(domain, signal);
  return agreement(
    parent,
    replies.map((reply) => {
      if (reply.kind === 'no-answer') {
        return silence(reply);
      }
      const {server, nameServers, ttl} = reply;
      return {
        server: server.address,
        answer: {content: nameServers, ttl},
        text: serverNames(nameServers) || 'no name servers',
      };
    }),
  );
}

/** The DS records of a domain, sorted. */
export async function dsAt(
  parent: Parent,
  domain: string,
  signal: AbortSignal,
): Promise<ParentAnswer<readonly string[]>> {
  const replies = await parent.ask({name: domain, type: 'DS'}, signal);
  return agreement(
    parent,
    replies.map((reply) => {
      if (reply.kind === 'no-answer') {
        return silence(reply);
      }
      const records = reply.answers.filter(({type}) => type === 'DS');
      const content = records.map(({value}) => value).sort();
      return {
        server: reply.server.address,
        answer: {content, ttl: Math.max(0, ...records.map(({ttl}) => ttl))},
        text: content.join('; ') || 'no DS record',
      };
    }),
  );
}

const silence = ({server, reason}: NoAnswer) => ({
  server: server.address,
  text: `no answer (${reason})`,
});

function agreement<Content>(
  parent: Parent,
  answers: readonly ServerAnswer<Content>[],
): ParentAnswer<Content> {
  const [first] = answers;
  return first?.answer && answers.every(({text}) => text === first.text)
    ? {
        kind: 'agreed',
        content: first.answer.content,
        ttl: Math.max(...answers.map(({answer}) => answer?.ttl ?? 0)),
      }
    : {
        kind: 'divergent',
        text: `the servers of ${parent.name} do not agree: ${answers.map(({server, text}) => `${server} answers ${text}`).join('; ')}`,
      };
}

/** Waits, for as long as the action may take, until the parent zone publishes a change. */
export async function untilPublished<Content>(
  look: () => Promise<ParentAnswer<Content>>,
  isPublished: (content: Content) => boolean,
  {
    progress,
    signal,
    say,
  }: {readonly progress: string; readonly signal: AbortSignal; readonly say: ReportProgress},
): Promise<void> {
  for (let waitMs = 100; ; waitMs = Math.min(waitMs * 1.5, 10_000)) {
    const answer = await look();
    if (answer.kind === 'agreed' && isPublished(answer.content)) {
      return;
    }
    say(answer.kind === 'divergent' ? `${progress}; ${answer.text}` : progress);
    await sleep(waitMs, undefined, {signal});
  }
}
