import {setTimeout as sleep} from 'node:timers/promises';
import mysql from 'mysql2/promise';
import type {LabDatabase} from '../../../lab/mysql/server.ts';
import {openWrites} from '../../../steps/aurora/open-writes.ts';
import {promote} from '../../../steps/aurora/promote.ts';
import {replicateFrom} from '../../../steps/aurora/replicate-from.ts';
import {caughtUp} from '../../../steps/mysql/caught-up.ts';
import {freezeWrites} from '../../../steps/mysql/freeze-writes.ts';
import {replicateBack} from '../../../steps/mysql/replicate-back.ts';
import {passwords} from '../../lab/mysql/databases.ts';
import {type Placed, reverse, run} from './placed-unit.ts';
import {type RealServers, untilFollowed} from './real-servers.ts';

export interface RoundTripResult {
  readonly acknowledged: number;
  /** Orders that are missing on one of the three servers, or are there twice. */
  readonly lost: readonly string[];
  readonly twice: readonly string[];
  /** Whether all three have the same rows, to the last column. */
  readonly equal: boolean;
}

export interface RoundTrips {
  /** How often from the source to Aurora and back. */
  readonly times: number;
  readonly clients: number;
  /** Before the name of each order, where earlier trips have left theirs. */
  readonly prefix?: string;
  /** So many orders are acknowledged on each side before the next move. */
  readonly orders: number;
  /** While Aurora accepts writes and reverse replication runs. */
  readonly onAurora?: (reverseReplication: Placed) => Promise<void>;
  readonly say?: (text: string) => void;
}

/**
 * Cuts over to Aurora and reverses, several times, while clients write; at the end Aurora replicates from the
 * replica.
 */
export async function backAndForth(
  servers: RealServers,
  trips: RoundTrips,
): Promise<RoundTripResult> {
  const {source, aurora} = servers.databases;
  const {say = () => {}} = trips;
  await run(replicating(servers));
  const clients = startClients(source, trips.clients, trips.prefix);
  for (let time = 1; time <= trips.times; time += 1) {
    await clients.acknowledged(trips.orders);
    const {undo, reverseReplication} = await forth(servers, () => clients.moveTo(aurora));
    await clients.acknowledged(trips.orders);
    await trips.onAurora?.(reverseReplication);
    clients.moveTo(source);
    for (const back of undo) {
      await back();
    }
    say(`there and back ${time} of ${trips.times}: ${clients.count()} orders acknowledged`);
  }
  await clients.acknowledged(trips.orders);
  return compare(servers, await clients.stop());
}

export const replicating = ({aurora, replica, at, databases}: RealServers): Placed => ({
  ...{id: 'replicate', unit: replicateFrom, on: {aurora, upstream: replica}},
  input: {...at.replica, ...databases.seed},
});

/** Moves writes to Aurora; returns the reversals, newest first. */
async function forth({source, replica, aurora, at}: RealServers, opening: () => void) {
  const undo: (() => Promise<void>)[] = [];
  const walk = async (placed: Placed) => {
    const {output, before} = await run(placed);
    undo.unshift(async () => {
      const found = await reverse(placed, before);
      if (found.kind !== 'pending' || JSON.stringify(found.before) !== JSON.stringify(before)) {
        throw new Error(`${placed.id} is not back: ${JSON.stringify({found, before})}`);
      }
    });
    return output;
  };
  const wait = async (placed: Placed) => (await run(placed)).output;
  const second = {upstream: replica, replica: aurora};
  await wait({id: 'near', unit: caughtUp, on: second, input: {lagMsMax: 2_000}});
  const frozen = await walk({id: 'freeze', unit: freezeWrites, on: {source}});
  const first = {upstream: source, replica};
  const hop = await wait({id: 'first', unit: caughtUp, on: first, input: {position: frozen}});
  await wait({id: 'second', unit: caughtUp, on: second, input: {position: hop}});
  const promoted = await walk({
    ...{id: 'promote', unit: promote, on: {aurora, upstream: replica}},
    input: {upstreamAt: hop},
  });
  const reverseReplication: Placed = {
    ...{id: 'reverse-replication', unit: replicateBack, on: {replica: source, source: aurora}},
    input: {...at.aurora, ...promoted, frozenAt: frozen},
  };
  await walk(reverseReplication);
  opening();
  await walk({id: 'open', unit: openWrites, on: {aurora}});
  return {undo, reverseReplication};
}

export async function compare(
  {databases}: RealServers,
  acknowledged: readonly string[],
): Promise<RoundTripResult> {
  const {source, replica, aurora} = databases;
  await untilFollowed(source, replica);
  await untilFollowed(replica, aurora);
  const all = [source, replica, aurora];
  const found = await Promise.all(all.map((server) => ordersOf(server, acknowledged)));
  const rows = await Promise.all(
    all.map((server) => server.query('SELECT * FROM shop.orders ORDER BY id')),
  );
  const [first, ...others] = rows.map((one) => JSON.stringify(one));
  return {
    acknowledged: acknowledged.length,
    lost: found.flatMap(({lost}) => lost),
    twice: found.flatMap(({twice}) => twice),
    equal: others.every((other) => other === first),
  };
}

async function ordersOf(server: LabDatabase, acknowledged: readonly string[]) {
  const rows = await server.query(
    'SELECT token, COUNT(*) AS times FROM shop.orders GROUP BY token',
  );
  const times = new Map(rows.map((row) => [String(row['token']), Number(row['times'])]));
  return {
    lost: acknowledged.filter((token) => !times.has(token)),
    twice: [...times].filter(([, count]) => count > 1).map(([token]) => token),
  };
}

const insert = "INSERT INTO shop.orders (token, client, side) VALUES (?, ?, 'test')";
// A session that is killed in an unlucky moment never answers (see `commit`).
const timeout = 2_000;

/** Clients that write one order after the other, each until it is acknowledged: as the application's own do. */
export function startClients(first: LabDatabase, count: number, prefix = '') {
  const acknowledged: string[] = [];
  const over = new AbortController();
  let to = first;
  const client = async (number: number) => {
    let connection: mysql.Connection | undefined;
    let where = to;
    for (let order = 0; !over.signal.aborted; order += 1) {
      // An order whose answer was lost is not sent again: it may be there.
      const token = `${prefix}c${number}-${order}`;
      try {
        if (where !== to) {
          connection?.destroy();
          connection = undefined;
          where = to;
        }
        connection ??= await connectAsShop(where);
        await connection.query({sql: 'START TRANSACTION', timeout});
        await connection.query({sql: insert, timeout}, [token, number]);
        await connection.query({sql: 'COMMIT', timeout});
        acknowledged.push(token);
      } catch {
        connection?.destroy();
        connection = undefined;
        await sleep(10);
      }
    }
    connection?.destroy();
  };
  const all = Array.from({length: count}, (_, index) => client(index));
  return {
    moveTo: (server: LabDatabase) => {
      to = server;
    },
    /** Until that many more orders were acknowledged. */
    acknowledged: async (more: number) => {
      for (const wanted = acknowledged.length + more; acknowledged.length < wanted; ) {
        await sleep(10);
      }
    },
    count: () => acknowledged.length,
    stop: async () => {
      over.abort();
      await Promise.all(all);
      return acknowledged;
    },
  };
}

async function connectAsShop({port}: LabDatabase): Promise<mysql.Connection> {
  const connection = await mysql.createConnection({
    host: '127.0.0.1',
    port,
    user: 'shop',
    password: passwords.shop,
  });
  connection.on('error', () => {});
  return connection;
}
