import {Agent} from 'node:http';
import {setTimeout as sleep} from 'node:timers/promises';
import {clientText} from './failures.ts';
import type {ReadOutcome} from './tally.ts';
import {failureOf, now, type Visited, type Visitor, visit} from './visit.ts';

interface ReaderOptions extends Visitor {
  readonly client: number;
  readonly keepAlive: boolean;
  readonly signal: AbortSignal;
  /** Waits while the clients are paused. */
  go(): Promise<void>;
  /** The newest write that this reader's client was told had happened. */
  newest(): string | undefined;
  tell(read: ReadOutcome): void;
}

const pauseMs = 50;

/** Reads its client's newest order again and again: an acknowledged order must be found on either side. */
export async function keepReading(options: ReaderOptions): Promise<void> {
  const {signal, go, newest, tell} = options;
  const agent = new Agent({keepAlive: options.keepAlive, maxSockets: 1});
  while (!signal.aborted) {
    const token = newest();
    if (token !== undefined) {
      const begunMs = now();
      const visited = await visit(options, agent, {method: 'GET', path: `/orders/${token}`});
      const asked = {by: clientText(options.client, options), address: visited.address};
      tell({failure: failureIn(visited, token), begunMs, endedMs: now(), asked});
    }
    await sleep(pauseMs);
    await go();
  }
  agent.destroy();
}

function failureIn(visited: Visited, token: string): string | null {
  if (visited.kind !== 'answered') {
    return `${visited.kind}: ${asked}: ${visited.reason}`;
  }
  const {status, text} = visited;
  return status === 200 && JSON.parse(text).token === token
    ? null
    : `${asked}: ${failureOf(status, text)}`;
}

/** Each order is at a path of its own. */
const asked = 'GET /orders/…';
