import {type Agent, request} from 'node:http';
import {exchange} from 'switcharoo/name-servers';

/** How one client reaches the site. */
export interface Visitor {
  readonly name: string;
  readonly port: number;
  /** `address:port` of the caching resolver; asked again for every request. */
  readonly resolver: string;
  readonly localAddress: string;
  /** How long it takes to send a body. */
  readonly uploadMs: number;
}

type Answered =
  | {readonly kind: 'answered'; readonly status: number | undefined; readonly text: string}
  /** It never reached anyone. */
  | {readonly kind: 'refused'; readonly reason: string}
  /** It was handed to a connection, and nobody knows what became of it. */
  | {readonly kind: 'unanswered'; readonly reason: string};

/** How a request ended, and where it was sent: `null` when the name had no address. */
export type Visited = Answered & {readonly address: string | null};

interface Page {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string;
}

const answerWithinMs = 5_000;

/** Looks the name up and makes one request at one of its addresses. */
export async function visit(visitor: Visitor, agent: Agent, page: Page): Promise<Visited> {
  const addresses = await addressesOf(visitor).catch(() => []);
  const address = addresses[Math.floor(Math.random() * addresses.length)];
  return address === undefined
    ? {kind: 'refused', reason: `no address for ${visitor.name}`, address: null}
    : {...(await ask(visitor, agent, address, page)), address};
}

async function addressesOf({name, resolver}: Visitor): Promise<readonly string[]> {
  const signal = new AbortController().signal;
  const reply = await exchange(
    resolver,
    {name, type: 'A'},
    {recursive: true, signal, timeoutMs: 500},
  );
  return (reply.answers ?? []).flatMap((answer) => (answer.type === 'A' ? [answer.data] : []));
}

/**
 * A request that was handed to a connection and got no whole answer may have been served: it is
 * unanswered. One whose connection never came about cannot have.
 */
function ask(visitor: Visitor, agent: Agent, host: string, page: Page): Promise<Answered> {
  const {name, port, localAddress, uploadMs} = visitor;
  const {method, path, body} = page;
  return new Promise((resolve) => {
    let connected = false;
    const content = {'content-type': 'application/json', 'content-length': body?.length};
    const sent = request(
      {
        ...{host, port, localAddress, agent, method, path},
        headers: {host: name, ...(body === undefined ? {} : content)},
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk) => {
          text += chunk;
        });
        response
          .on('error', failed)
          .on('end', () => resolve({kind: 'answered', status: response.statusCode, text}));
      },
    );
    const failed = (error: Error) => {
      clearTimeout(limit);
      resolve({kind: connected ? 'unanswered' : 'refused', reason: plainText(error.message)});
    };
    const limit = setTimeout(() => sent.destroy(new Error('no answer within 5 s')), answerWithinMs);
    sent.on('socket', (socket) => {
      connected = !socket.connecting;
      socket.once('connect', () => {
        connected = true;
      });
    });
    sent.on('error', failed).on('close', () => clearTimeout(limit));
    if (body === undefined || uploadMs === 0) {
      sent.end(body);
    } else {
      sent.write(body.slice(0, 1));
      setTimeout(() => sent.end(body.slice(1)), uploadMs);
    }
  });
}

/** Milliseconds since 1970 on a clock that does not jump while a request is timed. */
export const now = () => performance.timeOrigin + performance.now();

export const failureOf = (status: number | undefined, text: string): string =>
  `status ${status}: ${plainText(text.trim()).slice(0, 200)}`;

/** Without addresses of the lab, which are others in each rehearsal. */
const plainText = (text: string): string =>
  text
    .replaceAll('connect ECONNREFUSED', 'connection refused')
    .replaceAll(/ (?:\d+\.){3}\d+(?::\d+)?/g, '');
