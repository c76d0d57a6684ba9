import {once} from 'node:events';
import {Agent, createServer, request, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import {setTimeout as sleep} from 'node:timers/promises';
import {type Cable, newCable, type RealHost, startRealHost} from './real-host.ts';

/** The file with the servers behind nginx. */
export const upstreamFile = '/etc/nginx/conf.d/shop.conf';

/** A real nginx on a host with a network of its own, and the two sides behind it. */
export interface WebHost {
  readonly host: RealHost;
  readonly cable: Cable;
  readonly old: Side;
  readonly new: Side;
  /** The text of nginx's file that leads to a side. */
  textOf(side: Side): string;
  close(): Promise<void>;
}

/** An application whose database accepts writes, or refuses them. */
interface Side {
  readonly port: number;
  accepts: boolean;
  answered: number;
}

// systemd itself is not here: what the steps ask of it, nginx answers.
const systemctl = `#!/bin/sh
case "$1" in
  show) echo LoadState=loaded; echo ActiveState=active; echo "MainPID=$(cat /run/nginx.pid)" ;;
  reload) nginx -s reload ;;
  is-active) : ;;
  *) exit 1 ;;
esac
`;

const nginxText = `user www-data;
worker_processes 2;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log;
events {}
http {
  access_log off;
  include /etc/nginx/conf.d/*.conf;
  server {
    listen 80;
    listen [::]:80;
    location / { proxy_pass http://shop; }
  }
}
`;

export async function startWebHost(): Promise<WebHost> {
  const cable = newCable();
  const [oldSide, newSide] = [startSide(true), startSide(false)];
  const sides = await Promise.all([oldSide, newSide]);
  const [first, second] = sides;
  const textOf = ({port}: {readonly port: number}) =>
    `upstream shop { server ${cable.here}:${port}; }\n`;
  const host = await startRealHost({
    cable,
    prepare: `cat > /run/systemctl <<'EOF'\n${systemctl}EOF
chmod 755 /run/systemctl
mount --bind /run/systemctl "$(command -v systemctl)"
rm -rf /etc/nginx/conf.d/* /etc/nginx/sites-enabled/*
cat > /etc/nginx/nginx.conf <<'EOF'\n${nginxText}EOF
printf '%s' '${textOf(first.side)}' > ${upstreamFile}`,
    daemons: 'nginx',
  });
  return {
    host,
    cable,
    old: first.side,
    new: second.side,
    textOf,
    close: async () => {
      await host.close();
      for (const {server} of sides) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}

async function startSide(accepts: boolean): Promise<{side: Side; server: Server}> {
  const server = createServer(async (asked, answer) => {
    asked.resume();
    await once(asked, 'end');
    // As long as a request to a database takes.
    await sleep(Math.random() * 20);
    side.answered += 1;
    answer.writeHead(side.accepts ? 201 : 503).end();
  });
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
  const side: Side = {port: (server.address() as AddressInfo).port, accepts, answered: 0};
  return {side, server};
}

/** What clients saw. */
export interface Seen {
  readonly made: number;
  readonly failed: readonly string[];
  readonly slowestMs: number;
}

/** Clients that post one request after another, until they are stopped; all of them wait for their last answer. */
export function startClients(
  addresses: readonly string[],
  {each, keepAlive}: {readonly each: number; readonly keepAlive: boolean},
): {stop(): Promise<Seen>} {
  const stopped = new AbortController();
  const failed: string[] = [];
  let made = 0;
  let slowestMs = 0;
  const post = async (host: string, agent: Agent) => {
    const since = performance.now();
    const status = await statusOf(host, agent);
    made += 1;
    slowestMs = Math.max(slowestMs, performance.now() - since);
    if (status !== '201') {
      failed.push(status);
    }
  };
  const clients = addresses
    .flatMap((address) => Array.from({length: each}, () => address))
    .map(async (address) => {
      const agent = new Agent({keepAlive, maxSockets: 1});
      while (!stopped.signal.aborted) {
        await post(address, agent);
        await sleep(10);
      }
      agent.destroy();
    });
  return {
    stop: async () => {
      stopped.abort();
      await Promise.all(clients);
      return {made, failed, slowestMs};
    },
  };
}

/** The status of one answer, or why there is none. */
export const statusOf = (host: string, agent?: Agent): Promise<string> =>
  new Promise((resolve) => {
    const sent = request({host, port: 80, method: 'POST', agent: agent ?? false}, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(String(answer.statusCode)));
    });
    sent.once('error', (error) => resolve(error.message));
    sent.end('an order');
  });
