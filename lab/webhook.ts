import {createServer, type IncomingHttpHeaders} from 'node:http';
import type {AddressInfo} from 'node:net';

/** A request that a receiver got. */
interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Parsed JSON. */
  readonly body: Record<string, unknown>;
}

interface WebhookReceiver {
  /** Where it receives, with the path that only its senders know. */
  readonly url: string;
  /** What it received, oldest first. */
  readonly received: readonly Received[];
  /** The statuses of its next answers; afterwards, 200 again. */
  answerNext(...statuses: readonly number[]): void;
  stop(): Promise<void>;
}

/** Receives what runs tell people, on loopback, and keeps it. */
export async function startWebhookReceiver(path = '/runs'): Promise<WebhookReceiver> {
  const received: Received[] = [];
  const statuses: number[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) {
      text += chunk;
    }
    const status = statuses.shift() ?? (request.url === path ? 200 : 404);
    if (status === 200) {
      received.push({path, headers: request.headers, body: JSON.parse(text)});
    }
    response.writeHead(status, {'content-type': 'text/plain'});
    response.end(status === 200 ? 'ok' : 'no_service');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const {port} = server.address() as AddressInfo; // a TCP server has one
  return {
    url: `http://127.0.0.1:${port}${path}`,
    received,
    answerNext: (...next) => {
      statuses.push(...next);
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
