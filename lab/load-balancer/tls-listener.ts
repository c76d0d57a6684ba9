import {connect, type Socket} from 'node:net';
import {createSecureContext, createServer} from 'node:tls';
import type {LabCertificate} from '../tls/certificate.ts';

interface TlsListener {
  readonly port: number;
  stop(): Promise<void>;
}

/** The HTTPS listener of a load balancer: it ends TLS, and passes the requests on to the plain one. */
export async function startTlsListener({
  balancer,
  certificates,
}: {
  readonly balancer: {readonly address: string; readonly port: number};
  /** By the name that a client asks for (SNI); the first one for all other names. */
  readonly certificates: Readonly<Record<string, LabCertificate>>;
}): Promise<TlsListener> {
  const {address, port} = balancer;
  const contexts = new Map(
    Object.entries(certificates).map(([name, own]) => [name, createSecureContext(own)]),
  );
  const open = new Set<Socket>();
  const server = createServer(
    {
      ...Object.values(certificates)[0],
      SNICallback: (name, done) => done(null, contexts.get(name)),
    },
    (client) => {
      const upstream = connect({host: address, port, localAddress: address});
      for (const [socket, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        open.add(socket);
        socket.on('error', () => other.destroy());
        socket.once('close', () => {
          open.delete(socket);
          other.destroySoon();
        });
        socket.pipe(other);
      }
    },
  );
  // A client that ends the handshake is no failure of the listener.
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, address, resolve);
  });
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound ? bound.port : 0,
    stop: async () => {
      for (const socket of open) {
        socket.destroy();
      }
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
