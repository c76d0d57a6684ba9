import {setTimeout as sleep} from 'node:timers/promises';
import mysql from 'mysql2/promise';
import {afterAll, beforeAll, expect, test} from 'vitest';
import type {LabDatabase} from '../../../lab/mysql/server.ts';
import {openWrites} from '../../../steps/aurora/open-writes.ts';
import {promote} from '../../../steps/aurora/promote.ts';
import {replicateFrom} from '../../../steps/aurora/replicate-from.ts';
import {caughtUp} from '../../../steps/mysql/caught-up.ts';
import {follow} from '../../../steps/mysql/follow.ts';
import {freezeWrites} from '../../../steps/mysql/freeze-writes.ts';
import {passwords} from '../../lab/mysql/databases.ts';
import {forEachPair} from '../../lab/mysql/server-kinds.ts';
import {openRealServers, type RealServers, replicationOn, untilFollowed} from './real-servers.ts';
import {type Placed, reverse, run} from './walk.ts';

forEachPair('the databases', (pair) => {
  let servers: RealServers;
  beforeAll(async () => {
    servers = await openRealServers(pair);
  });
  afterAll(() => servers?.close());

  test('from the source to Aurora and all the way back, while clients write: none lost, none twice', async () => {
    const {databases, at} = servers;
    const {source, replica, aurora} = databases;
    const parts = {source: servers.source, replica: servers.replica, aurora: servers.aurora};
    const clients = startClients(source, 4);
    const undo: (() => Promise<unknown>)[] = [];
    const walk = async (placed: Placed) => {
      const {output, before} = await run(placed);
      undo.unshift(async () =>
        expect(await reverse(placed, before)).toMatchObject({kind: 'pending', before}),
      );
      return output;
    };
    const wait = async (placed: Placed) => (await run(placed)).output;

    await walk({
      id: 'replicate',
      unit: replicateFrom,
      on: {aurora: parts.aurora, upstream: parts.replica},
      input: {...at.replica, ...databases.seed},
    });
    const near = {upstream: parts.replica, replica: parts.aurora};
    await wait({id: 'near', unit: caughtUp, on: near, input: {lagMsMax: 2_000}});

    const frozen = await walk({id: 'freeze', unit: freezeWrites, on: {source: parts.source}});
    const first = {upstream: parts.source, replica: parts.replica};
    const hop = await wait({id: 'first', unit: caughtUp, on: first, input: {position: frozen}});
    await wait({id: 'second', unit: caughtUp, on: near, input: {position: hop}});
    const promoted = await walk({
      id: 'promote',
      unit: promote,
      on: {aurora: parts.aurora, upstream: parts.replica},
    });
    await walk({
      id: 'follow',
      unit: follow,
      on: {follower: parts.source, leader: parts.aurora},
      input: {...at.aurora, ...promoted},
    });
    expect(await clients.lostOn(aurora), 'before Aurora is opened').toEqual([]);
    clients.moveTo(aurora);
    await walk({id: 'open', unit: openWrites, on: {aurora: parts.aurora}});
    await clients.acknowledged(200);

    clients.moveTo(source);
    for (const back of undo.slice(0, -1)) {
      await back();
    }
    await clients.acknowledged(200);
    const acknowledged = await clients.stop();
    await untilFollowed(source, replica);
    await untilFollowed(replica, aurora);

    expect(acknowledged.length).toBeGreaterThan(400);
    for (const server of [source, replica, aurora]) {
      expect(await ordersOf(server, acknowledged), server.name).toEqual({lost: [], twice: []});
    }
    await undo.at(-1)?.();
    expect(await replicationOn(aurora)).toBeNull();
  });
});

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
function startClients(first: LabDatabase, count: number) {
  const acknowledged: string[] = [];
  const over = new AbortController();
  let to = first;
  const client = async (number: number) => {
    let connection: mysql.Connection | undefined;
    let where = to;
    for (let order = 0; !over.signal.aborted; order += 1) {
      // An order whose answer was lost is not sent again: it may be there.
      const token = `c${number}-${order}`;
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
    lostOn: async (server: LabDatabase) => (await ordersOf(server, [...acknowledged])).lost,
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
