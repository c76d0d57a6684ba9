import {connect, type Socket} from 'node:net';
import type {Target} from './target.ts';

const connectTimeoutMs = 1_000;

const longestHead = 16_384;

/** The host of the first request. Its bytes stay in the socket. */
export async function requestedHost(client: Socket): Promise<string> {
  let head = Buffer.alloc(0);
  const ended = () => client.destroyed || client.readableEnded;
  while (!head.includes('\r\n\r\n') && head.length < longestHead && !ended()) {
    const chunk: Buffer | null = client.read();
    if (chunk) {
      head = Buffer.concat([head, chunk]);
    } else {
      await new Promise<void>((resolve) => {
        for (const event of ['readable', 'end', 'close', 'error']) {
          client.once(event, () => resolve());
        }
      });
    }
  }
  if (!client.destroyed && head.length > 0) {
    client.unshift(head);
  }
  const [, host = ''] = /^host:\s*([^\s:]+)/im.exec(head.toString('latin1')) ?? [];
  return host.toLowerCase();
}

/** An upstream connection, or nothing when the target does not accept it. */
export function reach(target: Target, localAddress: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const upstream = connect({host: target.address, port: target.port, localAddress});
    const giveUp = () => {
      upstream.destroy();
      resolve(undefined);
    };
    upstream.setTimeout(connectTimeoutMs, giveUp);
    upstream.once('error', giveUp);
    upstream.once('connect', () => {
      upstream.setTimeout(0);
      resolve(upstream);
    });
  });
}

export function join(client: Socket, upstream: Socket, target: Target): void {
  target.connections.add(upstream);
  upstream.once('close', () => {
    target.connections.delete(upstream);
    // Not `destroy`: the end of an answer may still be on its way to the client.
    client.destroySoon();
  });
  upstream.on('error', () => upstream.destroy());
  client.once('close', () => upstream.destroy());
  if (client.destroyed) {
    upstream.destroy();
  }
  client.pipe(upstream);
  upstream.pipe(client);
}

/** What the balancer answers by itself. */
export interface FixedReply {
  /** `503 Service Temporarily Unavailable` */
  readonly status: string;
  readonly contentType: string;
  readonly body: string;
}

export const refuse = (client: Socket, status: string): void =>
  reply(client, {status, contentType: 'text/plain', body: `${status}\n`});

export function reply(client: Socket, {status, contentType, body}: FixedReply): void {
  const length = Buffer.byteLength(body);
  client.end(
    `HTTP/1.1 ${status}\r\nContent-Type: ${contentType}\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n${body}`,
  );
  // What the client still sends is read away, so that closing does not reset the answer.
  client.resume();
}
