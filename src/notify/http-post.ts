import {type ClientRequest, request as requestHttp} from 'node:http';
import {request as requestHttps} from 'node:https';
import type {Socket} from 'node:net';
import {TLSSocket} from 'node:tls';
import {proxyAgent} from '../inventory/proxies.ts';
import {answerLimitMs, NotDelivered} from './channel.ts';
import {notDelivered} from './failures.ts';

export interface Receiver {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly ca?: string | undefined;
}

const longestAnswer = 200;
const longestPauseMs = 30_000;

/** Posts JSON, through a proxy where this machine has one. Anything but 2xx is thrown as `NotDelivered`. */
export async function postJson(
  receiver: Receiver,
  body: unknown,
  stopped: AbortSignal,
): Promise<void> {
  const signal = AbortSignal.any([stopped, AbortSignal.timeout(answerLimitMs)]);
  const text = JSON.stringify(body);
  let isConnected = false;
  try {
    const request = await openRequest(receiver, Buffer.byteLength(text), signal);
    const connected = connection(request).then(() => {
      isConnected = true;
    });
    connected.catch(() => {});
    const answering = answerOf(request);
    request.end(text);
    refuseOtherThan2xx(await answering);
  } catch (cause) {
    throw notDelivered(cause, isConnected);
  }
}

/** Connects, with TLS where the address says so, and sends nothing. */
export async function checkReceiver(receiver: Receiver, stopped: AbortSignal): Promise<void> {
  const signal = AbortSignal.any([stopped, AbortSignal.timeout(answerLimitMs)]);
  try {
    const request = await openRequest(receiver, 0, signal);
    try {
      await connection(request);
    } finally {
      request.on('error', () => {});
      request.destroy();
    }
  } catch (cause) {
    throw notDelivered(cause, false);
  }
}

async function openRequest(
  {url, headers, ca}: Receiver,
  length: number,
  signal: AbortSignal,
): Promise<ClientRequest> {
  const agent = (await proxyAgent({keepAlive: false})) ?? false;
  signal.throwIfAborted();
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  return send(url, {
    method: 'POST',
    agent,
    signal,
    ...(ca === undefined ? {} : {ca}),
    headers: {
      ...{'content-type': 'application/json; charset=utf-8', 'content-length': length},
      ...{'user-agent': 'switcharoo', connection: 'close'},
      ...headers,
    },
  });
}

/** Until nothing but the request itself is left to be done. */
function connection(request: ClientRequest): Promise<void> {
  return new Promise((resolve, reject) => {
    request.once('error', reject);
    request.once('socket', (socket: Socket) => {
      const isSecure = socket instanceof TLSSocket;
      // A tunnel of a proxy gives one whose handshake may be over.
      const isOpen = isSecure ? socket.authorized : !socket.connecting;
      if (isOpen) {
        resolve();
      } else {
        socket.once(isSecure ? 'secureConnect' : 'connect', () => resolve());
      }
    });
  });
}

interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

const answerOf = (request: ClientRequest): Promise<Answer> =>
  new Promise((resolve, reject) => {
    request.on('error', reject);
    request.on('response', (response) => {
      let text = '';
      const finish = () => {
        const status = response.statusCode ?? 0;
        resolve({status, retryAfter: response.headers['retry-after'], text});
        request.destroy();
      };
      response.setEncoding('utf8').on('error', reject).on('end', finish);
      response.on('data', (chunk: string) => {
        text += chunk.slice(0, longestAnswer - text.length);
        if (text.length >= longestAnswer) {
          finish();
        }
      });
    });
  });

function refuseOtherThan2xx({status, retryAfter, text}: Answer): void {
  if (status >= 200 && status < 300) {
    return;
  }
  const line = text.replaceAll(/\s+/g, ' ').trim();
  const says = /^[\w .,:;'()-]{1,100}$/.test(line) ? `: ${line}` : '';
  const redirect = status >= 300 && status < 400 ? ', a redirect, which is not followed' : '';
  const seconds = Number(retryAfter);
  throw new NotDelivered(`it answers ${status}${redirect}${says}`, {
    again: status === 429 || status >= 500,
    afterMs: seconds > 0 ? Math.min(seconds * 1_000, longestPauseMs) : undefined,
  });
}
