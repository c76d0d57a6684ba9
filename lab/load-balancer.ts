import {type AddressInfo, createServer, type Server, type Socket} from 'node:net';
import {setTimeout as sleep} from 'node:timers/promises';
import {
  type FixedReply,
  join,
  reach,
  refuse,
  reply,
  requestedHost,
} from './load-balancer/connection.ts';
import {checkHealth, type HealthCheckOptions} from './load-balancer/health-check.ts';
import {BalancerMetrics, type MeasuredValue, measureRequests} from './load-balancer/metrics.ts';
import {
  type BalancedTarget,
  deregistering,
  newTarget,
  published,
  type Target,
} from './load-balancer/target.ts';

export type {BalancedTarget} from './load-balancer/target.ts';

export interface LoadBalancer {
  readonly address: string;
  readonly port: number;
  /** Adds a target. It gets no connection until its health checks pass. */
  register(id: string, address: string, port: number, group?: string): void;
  /** Gives it no new connection, and removes it once its open ones have ended, after `drainMs` at the latest. */
  deregister(id: string): void;
  targets(): readonly BalancedTarget[];
  /** Makes the health checks of a target fail, whatever it answers; or not any more. */
  failHealthChecks(id: string, failing: boolean): void;
  /** Answers every nth connection with 503 itself; `undefined`: none. */
  failEvery(nth: number | undefined): void;
  /** Chooses the target group of a connection by the host of its first request; without it, all targets serve it. */
  routeBy(route: Route): void;
  /** What CloudWatch has of it under this name, oldest first. */
  measured(metric: string): readonly MeasuredValue[];
  stop(): Promise<void>;
}

/** The group for a connection to a host, or the answer to it; `undefined`: none, and it is refused. */
type Route = (host: string) => string | FixedReply | undefined;

interface LoadBalancerOptions extends HealthCheckOptions {
  /** 0: the system picks one. */
  readonly port: number;
  readonly intervalMs: number;
  readonly drainMs?: number;
}

/**
 * A load balancer on loopback: it passes TCP connections on to healthy targets in turn, checks their health
 * over HTTP, and answers 503 when none is healthy (it fails closed, where an ALB with only unhealthy targets opens).
 */
export async function startLoadBalancer(options: LoadBalancerOptions): Promise<LoadBalancer> {
  const balancer = new LoopbackBalancer(options);
  await balancer.start();
  return balancer;
}

class LoopbackBalancer implements LoadBalancer {
  readonly address: string;
  readonly #options: LoadBalancerOptions;
  readonly #server: Server;
  readonly #targets = new Map<string, Target>();
  readonly #clients = new Set<Socket>();
  readonly #stopped = new AbortController();
  readonly #metrics = new BalancerMetrics();
  #checking: Promise<void> | undefined;
  #turn = 0;
  #failing: number | undefined;
  #route: Route | undefined;

  constructor(options: LoadBalancerOptions) {
    this.address = options.address;
    this.#options = options;
    this.#server = createServer((client) => {
      this.#clients.add(client);
      client.once('close', () => this.#clients.delete(client));
      // A client that disconnects is no failure of the balancer.
      client.on('error', () => client.destroy());
      void this.#passOn(client);
    });
  }

  async start(): Promise<void> {
    this.#checking = this.#checkAll();
    const {port, address} = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, address, resolve);
    });
  }

  get port(): number {
    // `address()` is an object for a TCP server that listens.
    return (this.#server.address() as AddressInfo).port;
  }

  register(id: string, address: string, port: number, group?: string): void {
    this.#targets.set(id, newTarget({id, address, port, group}));
  }

  deregister(id: string): void {
    const target = this.#targets.get(id);
    if (target && target.state !== 'draining') {
      Object.assign(target, deregistering);
      void this.#drain(target);
    }
  }

  targets(): readonly BalancedTarget[] {
    return [...this.#targets.values()].map(published);
  }

  failHealthChecks(id: string, failing: boolean): void {
    const target = this.#targets.get(id);
    if (target) {
      target.failsChecks = failing;
    }
  }

  failEvery(nth: number | undefined): void {
    this.#failing = nth;
  }

  routeBy(route: Route): void {
    this.#route = route;
  }

  measured(metric: string): readonly MeasuredValue[] {
    return this.#metrics.valuesOf(metric);
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#clients) {
      socket.destroy();
    }
    await Promise.all([closed, this.#checking]);
  }

  async #passOn(client: Socket): Promise<void> {
    const route = this.#route;
    const group = route ? route(await requestedHost(client)) : undefined;
    const healthy = [...this.#targets.values()].filter(
      (target) =>
        target.state === 'healthy' &&
        (!route || (group !== undefined && (target.group ?? group) === group)),
    );
    if (typeof group === 'object') {
      this.#metrics.add('HTTP_Fixed_Response_Count');
      return reply(client, group);
    }
    if (healthy.length === 0) {
      return this.#refuse(client, '503 Service Temporarily Unavailable');
    }
    this.#turn += 1;
    const turn = this.#turn;
    if (this.#failing !== undefined && turn % this.#failing === 0) {
      return this.#refuse(client, '503 Service Temporarily Unavailable');
    }
    for (let next = 0; next < healthy.length; next += 1) {
      const target = healthy[(turn + next) % healthy.length];
      const upstream = target && (await reach(target, this.address));
      if (target && upstream) {
        measureRequests(client, upstream, this.#metrics);
        return join(client, upstream, target);
      }
    }
    // It counts requests for which it could choose a target (Elastic Load Balancing, CloudWatch metrics).
    this.#metrics.add('RequestCount');
    this.#refuse(client, '502 Bad Gateway');
  }

  #refuse(client: Socket, status: string): void {
    this.#metrics.add('HTTPCode_ELB_5XX_Count');
    refuse(client, status);
  }

  async #checkAll(): Promise<void> {
    const {signal} = this.#stopped;
    while (!signal.aborted) {
      const checked = [...this.#targets.values()].filter(({state}) => state !== 'draining');
      await Promise.all(checked.map((target) => checkHealth(target, this.#options, signal)));
      await sleep(this.#options.intervalMs, undefined, {signal}).catch(() => {});
    }
  }

  async #drain(target: Target): Promise<void> {
    const end = Date.now() + (this.#options.drainMs ?? 500);
    while (target.connections.size > 0 && Date.now() < end && !this.#stopped.signal.aborted) {
      await sleep(20);
    }
    for (const socket of target.connections) {
      socket.destroy();
    }
    // Another target may have been registered under its id meanwhile.
    if (this.#targets.get(target.id) === target) {
      this.#targets.delete(target.id);
    }
  }
}
