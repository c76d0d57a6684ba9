import {get} from 'node:http';
import {type AddressInfo, connect, createServer, type Socket} from 'node:net';
import {setTimeout as sleep} from 'node:timers/promises';

/** The states and reasons are those of DescribeTargetHealth (ELBv2 API, TargetHealth). */
export type TargetState = 'initial' | 'healthy' | 'unhealthy' | 'draining';

export interface BalancedTarget {
  readonly id: string;
  readonly address: string;
  readonly port: number;
  /** The target group that it was registered in; none: it serves every connection. */
  readonly group?: string;
  readonly state: TargetState;
  readonly reason?: string;
  readonly description?: string;
}

export interface LoadBalancer {
  readonly address: string;
  readonly port: number;
  /** Adds a target. It is given no connection until its health checks pass. */
  register(id: string, address: string, port: number, group?: string): void;
  /** Gives it no new connection; it is gone once its open ones have ended, at the latest after `drainMs`. */
  deregister(id: string): void;
  targets(): readonly BalancedTarget[];
  /** Lets the health checks of a target fail, or pass again, whatever it answers. */
  failHealthChecks(id: string, failing: boolean): void;
  /** Answers every so-manieth connection with 503 itself; `undefined`: none. */
  failEvery(nth: number | undefined): void;
  /** Says which group is given a connection, by the host that its first request asks for; without it all targets are. */
  routeBy(route: Route): void;
  stop(): Promise<void>;
}

/** The group for a connection to a host; `undefined`: none, and it is refused. */
export type Route = (host: string) => string | undefined;

export interface LoadBalancerOptions {
  readonly address: string;
  /** 0: the system picks one. */
  readonly port: number;
  readonly healthPath: string;
  readonly intervalMs: number;
  readonly healthyThreshold?: number;
  readonly unhealthyThreshold?: number;
  readonly drainMs?: number;
}

interface Target {
  readonly id: string;
  readonly address: string;
  readonly port: number;
  readonly group: string | undefined;
  readonly connections: Set<Socket>;
  failsChecks: boolean;
  state: TargetState;
  reason?: string;
  description?: string;
  /** Checks in a row with the same outcome. */
  passed: number;
  missed: number;
}

const connectTimeoutMs = 1_000;

/**
 * A load balancer on loopback: it passes TCP connections on to healthy targets in turn, checks their health
 * over HTTP, and answers 503 when none is healthy (it fails closed, where an ALB with only unhealthy targets opens).
 */
export async function startLoadBalancer(options: LoadBalancerOptions): Promise<LoadBalancer> {
  const targets = new Map<string, Target>();
  const clients = new Set<Socket>();
  const stopped = new AbortController();
  let turn = 0;
  let failing: number | undefined;
  let route: Route | undefined;

  const server = createServer((client) => {
    clients.add(client);
    client.once('close', () => clients.delete(client));
    // A client that goes away is its own business.
    client.on('error', () => client.destroy());
    void passOn(client);
  });

  async function passOn(client: Socket): Promise<void> {
    const group = route ? route(await hostAskedFor(client)) : undefined;
    const healthy = [...targets.values()].filter(
      (target) => target.state === 'healthy' && (!route || target.group === group),
    );
    if (healthy.length === 0) {
      return refuse(client, '503 Service Temporarily Unavailable');
    }
    turn += 1;
    if (failing !== undefined && turn % failing === 0) {
      return refuse(client, '503 Service Temporarily Unavailable');
    }
    for (let next = 0; next < healthy.length; next += 1) {
      const target = healthy[(turn + next) % healthy.length];
      const upstream = target && (await reach(target, options.address));
      if (target && upstream) {
        return join(client, upstream, target);
      }
    }
    refuse(client, '502 Bad Gateway');
  }

  const checking = (async () => {
    while (!stopped.signal.aborted) {
      const checked = [...targets.values()].filter(({state}) => state !== 'draining');
      await Promise.all(checked.map((target) => checkHealth(target, options, stopped.signal)));
      await sleep(options.intervalMs, undefined, {signal: stopped.signal}).catch(() => {});
    }
  })();

  async function drain(target: Target): Promise<void> {
    const end = Date.now() + (options.drainMs ?? 500);
    while (target.connections.size > 0 && Date.now() < end && !stopped.signal.aborted) {
      await sleep(20);
    }
    for (const socket of target.connections) {
      socket.destroy();
    }
    // It may have been registered anew in the meantime.
    if (targets.get(target.id) === target) {
      targets.delete(target.id);
    }
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.address, resolve);
  });

  return {
    address: options.address,
    // `address()` is an object for a TCP server that listens.
    port: (server.address() as AddressInfo).port,
    register: (id, address, port, group) =>
      void targets.set(id, newTarget({id, address, port, group})),
    routeBy: (chosen) => {
      route = chosen;
    },
    deregister: (id) => {
      const target = targets.get(id);
      if (target && target.state !== 'draining') {
        Object.assign(target, deregistering);
        void drain(target);
      }
    },
    failHealthChecks: (id, fails) => {
      const target = targets.get(id);
      if (target) {
        target.failsChecks = fails;
      }
    },
    targets: () => [...targets.values()].map(published),
    failEvery: (nth) => {
      failing = nth;
    },
    stop: async () => {
      stopped.abort();
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of clients) {
        socket.destroy();
      }
      await Promise.all([closed, checking]);
    },
  };
}

const longestHead = 16_384;

/** The host of the first request, which is left to be read again. */
async function hostAskedFor(client: Socket): Promise<string> {
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

/** An upstream connection, or nothing when the target does not take it. */
function reach(target: Target, localAddress: string): Promise<Socket | undefined> {
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

function join(client: Socket, upstream: Socket, target: Target): void {
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

function refuse(client: Socket, status: string): void {
  const body = `${status}\n`;
  client.end(
    `HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
  // What the client still sends is read away, so that closing does not reset the answer.
  client.resume();
}

async function checkHealth(
  target: Target,
  options: LoadBalancerOptions,
  signal: AbortSignal,
): Promise<void> {
  if (target.reason === 'Elb.RegistrationInProgress') {
    Object.assign(target, initialChecking);
  }
  const fault = target.failsChecks ? wrongStatus(500) : await probe(target, options, signal);
  if (target.state === 'draining' || signal.aborted) {
    return;
  }
  target.passed = fault ? 0 : target.passed + 1;
  target.missed = fault ? target.missed + 1 : 0;
  if (target.passed >= (options.healthyThreshold ?? 2)) {
    target.state = 'healthy';
    delete target.reason;
    delete target.description;
  } else if (fault && target.missed >= (options.unhealthyThreshold ?? 2)) {
    Object.assign(target, {state: 'unhealthy', ...fault});
  }
}

interface HealthFault {
  readonly reason: string;
  readonly description: string;
}

function probe(
  {address, port}: Target,
  options: LoadBalancerOptions,
  signal: AbortSignal,
): Promise<HealthFault | undefined> {
  return new Promise((resolve) => {
    const request = get(
      {
        host: address,
        port,
        path: options.healthPath,
        localAddress: options.address,
        agent: false,
        signal,
        timeout: 1_000,
      },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200 ? undefined : wrongStatus(response.statusCode));
      },
    );
    request.once('timeout', () => {
      resolve({reason: 'Target.Timeout', description: 'Request timed out'});
      request.destroy();
    });
    request.once('error', () =>
      resolve({reason: 'Target.FailedHealthChecks', description: 'Health checks failed'}),
    );
  });
}

const wrongStatus = (status = 0): HealthFault => ({
  reason: 'Target.ResponseCodeMismatch',
  description: `Health checks failed with these codes: [${status}]`,
});

const initialChecking = {
  reason: 'Elb.InitialHealthChecking',
  description: 'Initial health checks in progress',
};

const deregistering = {
  state: 'draining' as const,
  reason: 'Target.DeregistrationInProgress',
  description: 'Target deregistration is in progress',
};

const newTarget = (named: Pick<Target, 'id' | 'address' | 'port' | 'group'>): Target => ({
  ...named,
  connections: new Set(),
  failsChecks: false,
  state: 'initial',
  reason: 'Elb.RegistrationInProgress',
  description: 'Target registration is in progress',
  passed: 0,
  missed: 0,
});

const published = ({
  id,
  address,
  port,
  group,
  state,
  reason,
  description,
}: Target): BalancedTarget => ({
  id,
  address,
  port,
  state,
  ...(group === undefined ? {} : {group}),
  ...(reason === undefined ? {} : {reason}),
  ...(description === undefined ? {} : {description}),
});
