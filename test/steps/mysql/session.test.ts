import {type AddressInfo, createServer, type Socket} from 'node:net';
import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';
import {expect, test} from 'vitest';
import {ServerSession} from '../../../steps/mysql/session/session.ts';
import {describeEachServer} from './each-server.ts';

// A server that has just died behind a firewall: the connection is taken, and comes to nothing.
test.for([
  {name: 'ended', end: (socket: Socket) => void socket.end()},
  {name: 'reset', end: (socket: Socket) => void socket.resetAndDestroy()},
])(
  'a connection that is $name in the middle of the login is a problem, and ends nothing but that',
  async ({end}) => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    const server = createServer(end);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const {port} = server.address() as AddressInfo; // A TCP server has an AddressInfo.
    const login = {host: '127.0.0.1', port, user: 'switcharoo', password: 'secret'};
    const line = new ServerSession(login, {name: 'source', address: `127.0.0.1:${port}`});
    try {
      const asked = line.ask({sql: 'SELECT 1'}, new AbortController().signal);
      await expect(asked).rejects.toMatchObject({problem: {code: 'mysql-server-unreachable'}});
      await new Promise((resolve) => setImmediate(resolve));
      expect(unhandled).toEqual([]);
    } finally {
      process.off('unhandledRejection', note);
      line.close();
      server.close();
    }
  },
);

// A run asks for hours on the same connection: with every answer kept, its memory would have no bound.
describeEachServer('a connection', (on) => {
  test('keeps no answer of the server after whoever asked for it', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void; // exposed a line above
    const ask = async (number: number) =>
      new WeakRef(await on.session.reader.query('SELECT ? AS number', [number]));
    const answers: WeakRef<object>[] = [];
    for (let number = 0; number < 100; number += 1) {
      answers.push(await ask(number));
    }
    // An answer lives until the end of the turn in which it was used.
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    expect(answers.filter((answer) => answer.deref() !== undefined).length).toBeLessThan(10);
  });
});
