import {createSocket, type Socket} from 'node:dgram';
import {type DecodedPacket, decode, encode} from 'dns-packet';
import {afterEach, describe, expect, test} from 'vitest';
import {type DnsServer, serveDns} from '../../../lab/dns/server.ts';
import {exchange, hostAndPort} from '../../../steps/name-servers/wire/exchange.ts';

const question = {name: 'www.shop.test', type: 'A'};
const signal = new AbortController().signal;
const running: (() => unknown)[] = [];
afterEach(() => Promise.all(running.splice(0).map((stop) => stop())));

describe('asking one name server', () => {
  test('a query is repeated when a packet is lost', async () => {
    let heard = 0;
    const server = await overUdp((socket, query, port) => {
      heard += 1;
      if (heard === 2) {
        socket.send(answer(query, query.id, '10.0.0.1'), port);
      }
    });
    expect(await asked(server)).toEqual(['10.0.0.1']);
  });

  test('a reply to another question, or with another id, is not the answer', async () => {
    const server = await overUdp((socket, query, port) => {
      socket.send('no packet at all', port);
      socket.send(answer(query, ((query.id ?? 0) + 1) % 65_536, '6.6.6.6'), port);
      const other = {...query, questions: [{name: 'www.elsewhere.test', type: 'A' as const}]};
      socket.send(answer(other, query.id, '6.6.6.6'), port);
      socket.send(answer(query, query.id, '10.0.0.1'), port);
    });
    expect(await asked(server)).toEqual(['10.0.0.1']);
  });

  test('TCP is used where the network drops UDP', async () => {
    const {address, port} = await overBoth();
    expect(await asked(`${address}:${port}`)).toEqual(['10.0.0.2']);
  });

  test('a server that never answers is a problem that names its address', async () => {
    const server = await overUdp(() => {});
    await expect(asked(server)).rejects.toMatchObject({
      problem: {
        code: 'dns-no-reply',
        message: `The name server ${server} did not answer: connect ECONNREFUSED ${server}.`,
      },
    });
  });

  test('addresses have the usual forms', () => {
    expect(
      ['192.0.2.1', '192.0.2.1:5353', '[::1]:53', '::1', 'ns1.example.com:54'].map(hostAndPort),
    ).toEqual([
      {host: '192.0.2.1', port: 53},
      {host: '192.0.2.1', port: 5353},
      {host: '::1', port: 53},
      {host: '::1', port: 53},
      {host: 'ns1.example.com', port: 54},
    ]);
  });
});

async function asked(server: string): Promise<readonly unknown[]> {
  const reply = await exchange(server, question, {recursive: false, signal, timeoutMs: 100});
  return (reply.answers ?? []).map((record) => 'data' in record && record.data);
}

function answer(query: DecodedPacket, id: number | undefined, data: string): Buffer {
  const answers = [{name: question.name, type: 'A' as const, ttl: 1, data}];
  return encode({type: 'response', id, questions: query.questions, answers});
}

async function overUdp(
  heard: (socket: Socket, query: DecodedPacket, port: number) => void,
): Promise<string> {
  const socket = createSocket('udp4', (message, {port}) => heard(socket, decode(message), port));
  await new Promise<void>((ready) => socket.bind(0, '127.0.0.1', ready));
  running.push(() => new Promise<void>((closed) => socket.close(closed)));
  return `127.0.0.1:${socket.address().port}`;
}

/** Answers nothing at first: both tries over UDP. The third comes over TCP. */
async function overBoth(): Promise<DnsServer> {
  let heard = 0;
  const server = await serveDns('127.0.0.1', async () => {
    heard += 1;
    const answers = [{name: question.name, type: 'A' as const, ttl: 1, data: '10.0.0.2'}];
    return heard < 3 ? undefined : {rcode: 'NOERROR', flags: 0, answers, authorities: []};
  });
  running.push(() => server.stop());
  return server;
}
