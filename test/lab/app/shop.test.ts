import {Agent, request} from 'node:http';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {type Shop, type ShopWorld, startShopWorld} from './shop-world.ts';

let world: ShopWorld;
let shop: Shop;

beforeAll(async () => {
  world = await startShopWorld();
  shop = await world.startShop('shop', {
    SIDE: 'bare-metal',
    VERSION: '7',
    LISTEN_ADDRESS: '127.1.1.11',
  });
});
afterAll(() => world?.end());

describe('the shop', () => {
  test('acknowledges an order that is in the database', async () => {
    expect(await post(shop, {token: 't-1', client: 3})).toEqual([
      201,
      {token: 't-1', side: 'bare-metal'},
    ]);
    expect(await ordersOf('t-1')).toEqual([{client: 3, side: 'bare-metal'}]);
    expect(await get(shop, '/orders/t-1')).toEqual([
      200,
      {token: 't-1', client: 3, side: 'bare-metal'},
    ]);
    expect(await get(shop, '/orders/t-2')).toEqual([404, {problem: 'There is no order t-2.'}]);
  });

  test('says which side serves, and whether its database answers', async () => {
    expect(await get(shop, '/health')).toEqual([
      200,
      {healthy: true, side: 'bare-metal', version: '7'},
    ]);
    const page = await fetch(`${shop.url}/`);
    expect(await page.text()).toContain('Served by bare-metal, version 7.');
  });

  test('refuses a body that is no order', async () => {
    const problem = 'An order is {"token": text, "client": number}.';
    expect(await post(shop, {client: 3})).toEqual([400, {problem}]);
    expect(await post(shop, 'x'.repeat(20_000))).toEqual([400, {problem}]);
    expect(await get(shop, '/nothing')).toEqual([
      404,
      {problem: 'There is nothing at GET /nothing.'},
    ]);
  });

  test('reaches its database from its own address', async () => {
    await get(shop, '/health');
    const sessions = await world.database.query(
      "SELECT DISTINCT SUBSTRING_INDEX(HOST, ':', 1) AS host FROM information_schema.PROCESSLIST WHERE USER = 'shop'",
    );
    expect(sessions).toEqual([{host: '127.1.1.11'}]);
  });

  test('passes on that its database is read-only, and writes again as soon as it is not', async () => {
    await world.database.query('SET GLOBAL read_only = ON');
    const [status, body] = await post(shop, {token: 't-3', client: 1});
    expect([status, body['errno'], body['code']]).toEqual([
      503,
      1290,
      'ER_OPTION_PREVENTS_STATEMENT',
    ]);
    await world.database.query('SET GLOBAL read_only = OFF');
    expect(await post(shop, {token: 't-4', client: 1})).toEqual([
      201,
      {token: 't-4', side: 'bare-metal'},
    ]);
    expect(await ordersOf('t-3')).toEqual([]);
  });

  test('outlives its sessions being ended, and its database being restarted', async () => {
    const sessions = await world.database.query(
      "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'shop'",
    );
    for (const session of sessions) {
      await world.database.query(`KILL ${session['ID']}`);
    }
    await untilAcknowledged('t-5');
    await world.database.kill();
    const [status, body] = await get(shop, '/health');
    expect([status, body['code']]).toEqual([
      503,
      expect.stringMatching(/ECONNREFUSED|PROTOCOL_CONNECTION_LOST/),
    ]);
    await world.database.restart();
    await untilAcknowledged('t-6');
  });

  test('asked to end, finishes the request under way, takes no new one, and exits with 0', async () => {
    const ending = await world.startShop('ending', {SIDE: 'ending'});
    const agent = new Agent({keepAlive: true});
    const [first] = await order(ending, agent, 'e-1');
    // The lock keeps the second order under way while the program is told to end.
    const answers = await world.database.session(async (connection) => {
      await connection.query('LOCK TABLES shop.orders WRITE');
      const underWay = order(ending, agent, 'e-2');
      await untilWaiting('e-2');
      ending.process.kill('SIGTERM');
      await untilRefused(ending);
      await connection.query('UNLOCK TABLES');
      return [first, ...(await underWay)];
    });
    expect(answers).toEqual([201, 201, 'close']);
    expect(await ending.process.exited).toEqual({code: 0, signal: null});
    expect(await ordersOf('e-2')).toEqual([{client: 1, side: 'ending'}]);
    agent.destroy();
  });
});

describe('the digest', () => {
  test('writes one row from the address of its host', async () => {
    const digest = world.start('digest', 'lab/app/digest.ts', {
      LOCAL_ADDRESS: '127.1.1.11',
      DIGEST_SECONDS: '0',
    });
    expect(await digest.exited).toEqual({code: 0, signal: null});
    const rows = await world.database.query(
      'SELECT orders = (SELECT COUNT(*) FROM shop.orders) AS exact FROM shop.digests ORDER BY id DESC LIMIT 1',
    );
    expect(rows).toEqual([{exact: 1}]);
  });

  test('exits with 1 when the database refuses writes', async () => {
    await world.database.query('SET GLOBAL read_only = ON');
    const digest = world.start('refused', 'lab/app/digest.ts', {DIGEST_SECONDS: '0'});
    expect(await digest.exited).toEqual({code: 1, signal: null});
    await world.database.query('SET GLOBAL read_only = OFF');
  });
});

type Answered = [number, Record<string, unknown>];

async function post({url}: Shop, body: object | string): Promise<Answered> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await fetch(`${url}/orders`, {method: 'POST', body: text});
  return [answer.status, (await answer.json()) as Answered[1]]; // The shop answers with JSON here.
}

async function get({url}: Shop, path: string): Promise<Answered> {
  const answer = await fetch(`${url}${path}`);
  return [answer.status, (await answer.json()) as Answered[1]]; // The shop answers with JSON here.
}

/** An order on a kept-alive connection: its status, and what becomes of the connection. */
function order({port}: Shop, agent: Agent, token: string): Promise<[number, string]> {
  return new Promise((resolve, reject) => {
    const sent = request({port, agent, method: 'POST', path: '/orders'}, (answer) => {
      answer
        .resume()
        .on('end', () => resolve([answer.statusCode ?? 0, answer.headers.connection ?? '']));
    });
    sent.on('error', reject).end(JSON.stringify({token, client: 1}));
  });
}

const ordersOf = (token: string) =>
  world.database.query('SELECT client, side FROM shop.orders WHERE token = ?', [token]);

async function untilAcknowledged(token: string): Promise<void> {
  await expect.poll(async () => (await post(shop, {token, client: 1}))[0]).toBe(201);
}

async function untilWaiting(token: string): Promise<void> {
  const waiting = `SELECT COUNT(*) AS n FROM information_schema.PROCESSLIST WHERE INFO LIKE 'INSERT%${token}%'`;
  await expect.poll(() => world.database.query(waiting), {interval: 10}).toEqual([{n: 1}]);
}

async function untilRefused({url}: Shop): Promise<void> {
  const refused = () =>
    fetch(`${url}/health`).then(
      () => false,
      () => true,
    );
  await expect.poll(refused, {interval: 10}).toBe(true);
}
