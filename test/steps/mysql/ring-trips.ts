import {openWritesInRing} from '../../../steps/aurora/open-writes-in-ring.ts';
import {armRing} from '../../../steps/mysql/arm-ring.ts';
import {caughtUp} from '../../../steps/mysql/caught-up.ts';
import {freezeInRing} from '../../../steps/mysql/freeze-in-ring.ts';
import {ringIntact} from '../../../steps/mysql/ring-intact.ts';
import {ringPossible} from '../../../steps/mysql/ring-possible.ts';
import {compare, type RoundTripResult, replicating, startClients} from './back-and-forth.ts';
import {type Placed, reverse, run} from './placed-unit.ts';
import type {RealServers} from './real-servers.ts';

export interface RingTrips {
  readonly times: number;
  readonly clients: number;
  readonly orders: number;
}

export interface RingResult extends RoundTripResult {
  /** From the freeze until Aurora is open, each time. */
  readonly forwardMs: readonly number[];
  /** From Aurora's refusal until the source is open. */
  readonly backMs: readonly number[];
}

const members = ({source, replica, aurora}: RealServers) => ({source, replica, aurora});

export const arming = (servers: RealServers): Placed => ({
  ...{id: 'ring', unit: armRing, on: members(servers)},
  input: servers.at.aurora,
});

export const possible = (servers: RealServers): Placed => ({
  ...{id: 'ring-possible', unit: ringPossible, on: members(servers)},
});

export const intact = (servers: RealServers, since: unknown): Placed => ({
  ...{id: 'ring-intact', unit: ringIntact, on: members(servers)},
  input: since,
});

/** Arms the ring once; then cuts over and reverses, several times, while clients write. */
export async function ringTrips(servers: RealServers, trips: RingTrips): Promise<RingResult> {
  const {source, aurora} = servers.databases;
  await run(replicating(servers));
  await run(possible(servers));
  const clients = startClients(source, trips.clients);
  await clients.acknowledged(trips.orders);
  const {output: armed} = await run(arming(servers));
  const forwardMs: number[] = [];
  const backMs: number[] = [];
  for (let time = 1; time <= trips.times; time += 1) {
    await clients.acknowledged(trips.orders);
    await run(intact(servers, armed));
    const {undo, ms} = await forth(servers, () => clients.moveTo(aurora));
    forwardMs.push(ms);
    await clients.acknowledged(trips.orders);
    clients.moveTo(source);
    const startedAt = performance.now();
    for (const back of undo) {
      await back();
    }
    backMs.push(Math.round(performance.now() - startedAt));
  }
  await clients.acknowledged(trips.orders);
  const result = await compare(servers, await clients.stop());
  return {...result, forwardMs, backMs};
}

/** What is inside the freeze: freeze, two position waits, open. */
export async function forth(servers: RealServers, opening: () => void) {
  const {source, replica, aurora} = servers;
  const undo: (() => Promise<void>)[] = [];
  const walk = async (placed: Placed) => {
    const {output, before} = await run(placed);
    undo.unshift(async () => {
      const end = await reverse(placed, before);
      if (end.kind !== 'pending') {
        throw new Error(`${placed.id} is not back: ${JSON.stringify(end)}`);
      }
    });
    return output;
  };
  const startedAt = performance.now();
  const frozen = await walk({
    ...{id: 'freeze', unit: freezeInRing, on: {source, aurora}},
    input: {endSessions: false, watchMs: 0},
  });
  const {output: hop} = await run({
    ...{id: 'first', unit: caughtUp, on: {upstream: source, replica}},
    input: {position: frozen},
  });
  await run({
    ...{id: 'second', unit: caughtUp, on: {upstream: replica, replica: aurora}},
    input: {position: hop},
  });
  opening();
  await walk(opened(servers));
  return {undo, ms: Math.round(performance.now() - startedAt)};
}

export const opened = ({aurora, source}: RealServers): Placed => ({
  ...{id: 'open', unit: openWritesInRing, on: {aurora, source}},
  input: {endSessions: false},
});
