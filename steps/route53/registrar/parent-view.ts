import {setTimeout as sleep} from 'node:timers/promises';
import type {ReportProgress} from '../../../src/index.ts';
import type {NameServer} from '../contract.ts';

/** As much of the parent zone's reader as is asked here. */
interface Parent {
  readonly name: string;
  delegations(child: string, signal: AbortSignal): Promise<readonly Told<Delegated>[]>;
  ask(
    question: {readonly name: string; readonly type: string},
    signal: AbortSignal,
  ): Promise<readonly Told<Answered>[]>;
}

type Told<Answer> = (Answer | {readonly kind: 'no-answer'; readonly reason: string}) & {
  readonly server: {readonly address: string};
};
interface Delegated {
  readonly kind: 'delegation';
  readonly nameServers: readonly NameServer[];
  readonly ttl: number;
}
interface Answered {
  readonly kind: 'answer';
  readonly answers: readonly {
    readonly type: string;
    readonly value: string;
    readonly ttl: number;
  }[];
}

/** What every server of the parent says, once they all say the same. */
export type AtParent<Content> =
  | {readonly kind: 'one'; readonly content: Content; readonly ttl: number}
  | {readonly kind: 'moving'; readonly says: string};

export const delegationAt = async (
  parent: Parent,
  domain: string,
  signal: AbortSignal,
): Promise<AtParent<readonly NameServer[]>> =>
  agreed(parent, await parent.delegations(domain, signal), ({nameServers}) => ({
    content: nameServers,
    words: namesOf(nameServers) || 'no name servers',
  }));

export const dsAt = async (
  parent: Parent,
  domain: string,
  signal: AbortSignal,
): Promise<AtParent<readonly string[]>> => {
  const told = await parent.ask({name: domain, type: 'DS'}, signal);
  const replies = told.map((one) => {
    if (one.kind === 'no-answer') {
      return one;
    }
    const records = one.answers.filter(({type}) => type === 'DS');
    const ttl = Math.max(0, ...records.map((record) => record.ttl));
    return {kind: 'ds' as const, server: one.server, records: records.map(({value}) => value), ttl};
  });
  return agreed(parent, replies, ({records}) => {
    const content = [...records].sort();
    return {content, words: content.join('; ') || 'no DS record'};
  });
};

function agreed<Answer extends {readonly kind: string; readonly ttl: number}, Content>(
  parent: Parent,
  told: readonly Told<Answer>[],
  read: (answer: Answer) => {readonly content: Content; readonly words: string},
): AtParent<Content> {
  const said = told.map((one) => ({
    server: one.server.address,
    // The two differ in their kind.
    answer: one.kind === 'no-answer' ? undefined : (one as Answer),
    words:
      one.kind === 'no-answer'
        ? `no answer (${(one as {reason: string}).reason})`
        : read(one as Answer).words,
  }));
  const [first] = said;
  return first?.answer && said.every(({words}) => words === first.words)
    ? {
        kind: 'one',
        content: read(first.answer).content,
        ttl: Math.max(...said.map(({answer}) => answer?.ttl ?? 0)),
      }
    : {
        kind: 'moving',
        says: `the servers of ${parent.name} do not agree: ${said.map(({server, words}) => `${server} says ${words}`).join('; ')}`,
      };
}

export const namesOf = (servers: readonly NameServer[]): string =>
  servers
    .map(({name}) => name)
    .sort()
    .join(', ');

/** Waits, for as long as the action may take, until the parent says what is wanted. */
export async function untilParentSays<Content>(
  look: () => Promise<AtParent<Content>>,
  isWanted: (content: Content) => boolean,
  {
    what,
    signal,
    say,
  }: {readonly what: string; readonly signal: AbortSignal; readonly say: ReportProgress},
): Promise<void> {
  for (let waitMs = 100; ; waitMs = Math.min(waitMs * 1.5, 10_000)) {
    const seen = await look();
    if (seen.kind === 'one' && isWanted(seen.content)) {
      return;
    }
    say(seen.kind === 'moving' ? `${what}; ${seen.says}` : what);
    await sleep(waitMs, undefined, {signal});
  }
}
