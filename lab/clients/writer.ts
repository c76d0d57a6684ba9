import {Agent} from 'node:http';
import {setTimeout as sleep} from 'node:timers/promises';
import {clientText} from './failures.ts';
import type {WriteOutcome} from './tally.ts';
import {failureOf, now, type Visited, type Visitor, visit} from './visit.ts';

interface WriterOptions extends Visitor {
  readonly client: number;
  readonly keepAlive: boolean;
  readonly signal: AbortSignal;
  /** Waits while the clients are paused. */
  go(): Promise<void>;
  tell(outcome: WriteOutcome, token: string): void;
}

type Result = Pick<WriteOutcome, 'kind' | 'side' | 'reason'>;

const pauseMs = 50;

/** Writes one order after the other, each with a token of its own, until `signal` is aborted. */
export async function keepWriting(options: WriterOptions): Promise<void> {
  const {client, signal, go, tell} = options;
  const agent = new Agent({keepAlive: options.keepAlive, maxSockets: 1});
  const series = `${Date.now().toString(36)}-${process.pid.toString(36)}-${client}`;
  for (let count = 1; !signal.aborted; count += 1) {
    const token = `${series}-${count}`;
    const begunMs = now();
    const body = JSON.stringify({token, client});
    const visited = await visit(options, agent, {method: 'POST', path: '/orders', body});
    const asked = {by: clientText(client, options), address: visited.address};
    const times = {begunMs, endedMs: now()};
    const isSlow = options.uploadMs > 0;
    tell({client, ...times, isSlow, asked, ...resultOf(visited, token)}, token);
    await sleep(pauseMs);
    await go();
  }
  agent.destroy();
}

function resultOf(visited: Visited, token: string): Result {
  if (visited.kind !== 'answered') {
    return {kind: visited.kind, reason: `${asked}: ${visited.reason}`};
  }
  const {status, text} = visited;
  if (status !== 201) {
    return {kind: 'refused', reason: `${asked}: ${failureOf(status, text)}`};
  }
  const answer: {token?: string; side?: string} = JSON.parse(text);
  return answer.token === token
    ? {kind: 'acknowledged', side: answer.side ?? 'unnamed'}
    : {kind: 'unanswered', reason: `${asked}: the answer was for another order`};
}

const asked = 'POST /orders';
