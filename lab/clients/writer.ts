import {Agent, request} from 'node:http';
import {setTimeout as sleep} from 'node:timers/promises';
import {exchange} from '../../steps/dns/exchange.ts';
import type {Told} from './tally.ts';

export interface WriterOptions {
  readonly client: number;
  readonly name: string;
  readonly port: number;
  /** `address:port` of the caching resolver; asked anew for every write. */
  readonly resolver: string;
  readonly localAddress: string;
  readonly keepAlive: boolean;
  readonly signal: AbortSignal;
  /** Waits while the clients are paused. */
  go(): Promise<void>;
  tell(told: Told, token: string): void;
}

type Result = Pick<Told, 'kind' | 'side' | 'reason'>;

const answerWithinMs = 2_000;
const pauseMs = 20;
const pauseAfterFailureMs = 10;

/** Writes one order after the other, each with a token of its own, until `signal` is aborted. */
export async function keepWriting(options: WriterOptions): Promise<void> {
  const {client, signal, go, tell} = options;
  const agent = new Agent({keepAlive: options.keepAlive, maxSockets: 1});
  const series = `${Date.now().toString(36)}-${process.pid.toString(36)}-${client}`;
  for (let count = 1; !signal.aborted; count += 1) {
    const token = `${series}-${count}`;
    const begunMs = now();
    const result = await write(options, agent, token);
    tell({client, begunMs, endedMs: now(), ...result}, token);
    await sleep(result.kind === 'acknowledged' ? pauseMs : pauseAfterFailureMs);
    await go();
  }
  agent.destroy();
}

/** Milliseconds since 1970 on a clock that does not jump while a write is timed. */
const now = () => performance.timeOrigin + performance.now();

async function write(options: WriterOptions, agent: Agent, token: string): Promise<Result> {
  const addresses = await addressesOf(options).catch(() => []);
  const address = addresses[Math.floor(Math.random() * addresses.length)];
  return address === undefined
    ? {kind: 'refused', reason: `no address for ${options.name}`}
    : post(options, agent, address, token);
}

async function addressesOf({name, resolver}: WriterOptions): Promise<readonly string[]> {
  const signal = new AbortController().signal;
  const reply = await exchange(
    resolver,
    {name, type: 'A'},
    {recursive: true, signal, timeoutMs: 500},
  );
  return (reply.answers ?? []).flatMap((answer) => (answer.type === 'A' ? [answer.data] : []));
}

/**
 * A write that was handed to a connection and got no whole answer may have happened: it is
 * unanswered. One whose connection never came about cannot have.
 */
function post(options: WriterOptions, agent: Agent, host: string, token: string): Promise<Result> {
  const {name, port, localAddress, client} = options;
  return new Promise((resolve) => {
    let connected = false;
    const body = JSON.stringify({token, client});
    const sent = request(
      {
        ...{host, port, localAddress, agent, method: 'POST', path: '/orders'},
        headers: {host: name, 'content-type': 'application/json', 'content-length': body.length},
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk) => {
          text += chunk;
        });
        response
          .on('error', failed)
          .on('end', () => resolve(resultOf(response.statusCode, text, token)));
      },
    );
    const failed = (error: Error) => {
      clearTimeout(limit);
      resolve({kind: connected ? 'unanswered' : 'refused', reason: error.message});
    };
    const limit = setTimeout(() => sent.destroy(new Error('no answer within 2 s')), answerWithinMs);
    sent.on('socket', (socket) => {
      connected = !socket.connecting;
      socket.once('connect', () => {
        connected = true;
      });
    });
    sent.on('error', failed).on('close', () => clearTimeout(limit));
    sent.end(body);
  });
}

function resultOf(status: number | undefined, text: string, token: string): Result {
  if (status !== 201) {
    return {kind: 'refused', reason: `status ${status}: ${text.slice(0, 200)}`};
  }
  const answer: {token?: string; side?: string} = JSON.parse(text);
  return answer.token === token
    ? {kind: 'acknowledged', side: answer.side ?? 'unnamed'}
    : {kind: 'unanswered', reason: 'the answer was for another order'};
}
