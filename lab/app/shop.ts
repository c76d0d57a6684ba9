import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import type {RowDataPacket} from 'mysql2/promise';
import {openDatabase} from './database.ts';
import {keepDocument} from './documents.ts';
import {openVisits} from './visits.ts';

// The application of the lab: takes orders over HTTP and writes them to the database that its environment names.

interface Answer {
  readonly status: number;
  readonly body: object | string;
}

const {LISTEN_ADDRESS = '127.0.0.1', PORT = '0', SIDE = 'unnamed', VERSION = '1'} = process.env;
const stopWithinMs = 1_800;
const largestBody = 10_000;

const database = openDatabase(process.env);
const visits = openVisits(process.env);
const server = createServer((request, response) => void serve(request, response));
let stopping = false;

// Longer than any client keeps a connection: the client decides when it ends, so that no request meets a closed one.
server.keepAliveTimeout = 65_000;
server.listen(Number(PORT), LISTEN_ADDRESS, () => {
  const {address, port} = server.address() as AddressInfo; // It listens on TCP, never on a pipe.
  console.log(`shop ${VERSION} (${SIDE}) listens on ${address}:${port}`);
});
process.once('SIGTERM', stop);
process.once('SIGINT', stop);

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const {status, body} = await answerTo(request).catch(unavailable);
  const isPage = typeof body === 'string';
  response.writeHead(status, {
    'content-type': isPage ? 'text/html; charset=utf-8' : 'application/json',
    ...(stopping ? {connection: 'close'} : {}),
  });
  response.end(isPage ? body : JSON.stringify(body));
}

async function answerTo(request: IncomingMessage): Promise<Answer> {
  const path = new URL(request.url ?? '/', 'http://shop').pathname;
  const token = /^\/orders\/([\w-]+)$/.exec(path)?.[1];
  switch (`${request.method} ${token === undefined ? path : '/orders/:token'}`) {
    case 'GET /health':
      await database.query('SELECT 1');
      return {status: 200, body: {healthy: true, side: SIDE, version: VERSION}};
    case 'GET /':
      return {status: 200, body: page()};
    case 'POST /orders':
      return takeOrder(await bodyOf(request));
    case 'GET /orders/:token':
      return findOrder(token ?? '');
    default:
      return {status: 404, body: {problem: `There is nothing at ${request.method} ${path}.`}};
  }
}

/**
 * Autocommit: when the INSERT returns, the order is committed. It is acknowledged once its document and the visitor's
 * session are there, too.
 */
async function takeOrder(body: string): Promise<Answer> {
  const order = parseOrder(body);
  if (order === undefined) {
    return {status: 400, body: {problem: 'An order is {"token": text, "client": number}.'}};
  }
  const {token, client} = order;
  await database.query('INSERT INTO orders (token, client, side) VALUES (?, ?, ?)', [
    token,
    client,
    SIDE,
  ]);
  keepDocument(process.env, token);
  await visits.remember(order);
  return {status: 201, body: {token, side: SIDE}};
}

async function findOrder(token: string): Promise<Answer> {
  const sql = 'SELECT token, client, side FROM orders WHERE token = ? LIMIT 1';
  const [order] = await database.query<RowDataPacket[]>(sql, [token]);
  return order
    ? {status: 200, body: order}
    : {status: 404, body: {problem: `There is no order ${token}.`}};
}

function parseOrder(body: string): {token: string; client: number} | undefined {
  try {
    const {token, client} = JSON.parse(body);
    return typeof token === 'string' && token.length <= 64 && Number.isInteger(client)
      ? {token, client}
      : undefined;
  } catch {
    return undefined;
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) {
    body += chunk;
    if (body.length > largestBody) {
      return '';
    }
  }
  return body;
}

const page = () => `<!doctype html>
<title>Shop</title>
<h1>Shop</h1>
<p>Served by ${SIDE}, version ${VERSION}.</p>
`;

function unavailable(error: unknown): Answer {
  const {errno, code, message} = error as NodeJS.ErrnoException; // mysql2 and node:net both give these.
  console.error(`503 ${code ?? ''} ${message}`);
  return {status: 503, body: {errno: errno ?? null, code: code ?? null, problem: message}};
}

function stop(): void {
  stopping = true;
  setTimeout(() => process.exit(0), stopWithinMs).unref();
  // Kept-alive connections without a request end now; one with a request is told to close by its answer.
  server.close(() => {
    visits.close();
    void database.close().finally(() => process.exit(0));
  });
  server.closeIdleConnections();
}
