import {createSocket} from 'node:dgram';
import {once} from 'node:events';
import {type AddressInfo, connect, createServer, type Socket} from 'node:net';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterEach, describe, expect, test} from 'vitest';
import {openDistantNameServer} from '../../../lab/latency/distant-name-server.ts';
import {openDistantPort} from '../../../lab/latency/distant-port.ts';
import {Parts} from '../../../lab/parts.ts';

const parts = new Parts();
afterEach(() => parts.stop());

const rttMs = 100;
const address = '127.0.0.1';

async function serve(listener: (socket: Socket) => void): Promise<number> {
  const server = createServer({noDelay: true}, (socket) => {
    socket.on('error', () => {});
    listener(socket);
  });
  server.listen(0, address);
  await once(server, 'listening');
  await parts.add({stop: () => new Promise((resolve) => server.close(resolve))});
  return (server.address() as AddressInfo).port;
}

async function reach(port: number): Promise<Socket> {
  const distant = await parts.add(openDistantPort({address, to: {address, port}, rttMs}));
  return connect({host: address, port: distant.port, noDelay: true}).on('error', () => {});
}

function expectRoundTrips(ms: number, roundTrips: number): void {
  expect(ms).toBeGreaterThanOrEqual(roundTrips * rttMs - 2);
  expect(ms).toBeLessThan((roundTrips + 0.8) * rttMs);
}

async function answerMs(socket: Socket, message?: string): Promise<number> {
  const begun = performance.now();
  if (message !== undefined) {
    socket.write(message);
  }
  await once(socket, 'data');
  return performance.now() - begun;
}

// A loaded machine adds to every time that is measured here.
const again = {retry: 4};

describe('a server that is a round trip away', again, () => {
  test('answers the first request after the handshake and one round trip, the next after one', async () => {
    const client = await reach(await serve((socket) => socket.pipe(socket)));
    expectRoundTrips(await answerMs(client, 'first'), 2);
    expectRoundTrips(await answerMs(client, 'second'), 1);
    client.destroy();
  });

  test('greets after two round trips, as MySQL does once it has accepted a connection', async () => {
    const client = await reach(
      await serve((socket) => {
        socket.write('hello');
        socket.pipe(socket);
      }),
    );
    expectRoundTrips(await answerMs(client), 2);
    expectRoundTrips(await answerMs(client, 'login'), 1);
    client.destroy();
  });

  test('answers at once when the connection was opened before', async () => {
    const client = await reach(await serve((socket) => socket.pipe(socket)));
    await sleep(2 * rttMs);
    expectRoundTrips(await answerMs(client, 'first'), 1);
    client.destroy();
  });

  test('receives everything in order and at full speed', async () => {
    const sizeBytes = 8_000_000;
    const port = await serve((socket) => {
      const received: Buffer[] = [];
      socket.on('data', (chunk) => received.push(chunk));
      socket.once('end', () => socket.end(Buffer.concat(received)));
    });
    const client = await reach(port);
    const content = Buffer.alloc(sizeBytes);
    for (let at = 0; at + 4 <= sizeBytes; at += 4) {
      content.writeUInt32BE(at, at);
    }
    const begun = performance.now();
    client.end(content);
    const answer: Buffer[] = [];
    for await (const chunk of client) {
      answer.push(chunk);
    }
    expect(Buffer.concat(answer).equals(content)).toBe(true);
    expect(performance.now() - begun).toBeLessThan(20 * rttMs);
  });

  test('that resets a connection is seen to do so', async () => {
    const client = await reach(await serve((socket) => socket.resetAndDestroy()));
    await expect(once(client, 'data')).rejects.toThrow('ECONNRESET');
  });

  test('that does not listen resets a connection', async () => {
    const port = await serve(() => {});
    await parts.stop();
    await expect(once(await reach(port), 'data')).rejects.toThrow('ECONNRESET');
  });

  test('is gone when its port is stopped', async () => {
    const client = await reach(await serve((socket) => socket.pipe(socket)));
    await answerMs(client, 'first');
    const ended = expect(once(client, 'data')).rejects.toThrow('ECONNRESET');
    await parts.stop();
    await ended;
  });
});

test('a name server that is a round trip away answers a query after it', again, async () => {
  const server = createSocket('udp4').bind(0, address);
  await once(server, 'listening');
  server.on('message', (query, from) => server.send(query, from.port));
  await parts.add({stop: async () => void server.close()});
  const to = {address, port: server.address().port};
  const {port} = await parts.add(openDistantNameServer({to, rttMs}));
  const client = createSocket('udp4');
  await parts.add({stop: async () => void client.close()});
  for (const query of ['first', 'second']) {
    const begun = performance.now();
    client.send(query, port, address);
    const [answer] = await once(client, 'message');
    expect(String(answer)).toBe(query);
    expectRoundTrips(performance.now() - begun, 1);
  }
});
