import {createServer} from 'node:http';
import {type AddressInfo, connect, type Socket} from 'node:net';

interface Manner {
  /** `silent`: takes connections and says nothing. A number: the status of its refusal. */
  readonly answers?: 'tunnel' | 'silent' | number;
  /** Where a tunnel leads, by the host and port that it was asked for; otherwise there. */
  readonly leads?: Readonly<Record<string, number>>;
}

/** A real proxy, which remembers the tunnels that it was asked for, and how many of its connections are open. */
export async function startProxy({answers = 'tunnel', leads = {}}: Manner = {}) {
  const tunnels: string[] = [];
  const open = new Set<Socket>();
  const server = createServer((_request, response) => response.writeHead(501).end());
  server.on('connection', (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket)).on('error', () => {});
  });
  server.on('connect', ({url = ''}, socket) => {
    tunnels.push(url);
    if (answers === 'silent') {
      socket.on('end', () => socket.end()).resume();
      return;
    }
    if (answers !== 'tunnel') {
      socket.end(`HTTP/1.1 ${answers} No\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const [host = '', port = ''] = url.split(':');
    const led = leads[url];
    const there = connect(led ?? Number(port), led === undefined ? host : '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      there.pipe(socket).pipe(there);
    });
    there.on('error', () => socket.destroy());
    socket.on('error', () => there.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const {port} = server.address() as AddressInfo; // a TCP server has one
  return {
    ...{port, tunnels, open},
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) {
        socket.destroy();
      }
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
