import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {mysqlServer} from '../../../steps/mysql/target.ts';
import {sqlAnswers} from '../../../steps/smoke/sql.ts';
import {type ShopWorld, startShopWorld} from '../../lab/app/shop-world.ts';

let world: ShopWorld;
beforeAll(async () => {
  world = await startShopWorld();
});
afterAll(() => world?.end());

async function check(input: object) {
  const signal = new AbortController().signal;
  const {DATABASE_PORT: port, DATABASE_USER: user, DATABASE_PASSWORD: password} = world.env;
  const config = mysqlServer.config.parse({
    host: '127.0.0.1',
    port,
    user,
    password,
    database: 'shop',
  });
  const session = await mysqlServer.open(config, {name: 'aurora', signal});
  try {
    return await sqlAnswers.check({
      input: sqlAnswers.input.parse(input),
      targets: {server: session.reader},
      run: {id: 'r', entry: 'e', started: false},
      now: new Date(),
      signal,
    });
  } finally {
    await session.close();
  }
}

describe('smoke.sql', () => {
  test('is open when the first column of the first row is the wanted value, number or text', async () => {
    const query = "SELECT COUNT(*), 'more' FROM orders WHERE side = 'seed'";
    expect(await check({query, equals: 300})).toEqual({kind: 'done', output: {}});
    expect(await check({query, equals: '300'})).toEqual({kind: 'done', output: {}});
  });

  test('waits while the answer is another one, or none', async () => {
    const query = "SELECT side FROM orders WHERE token = 'seed-0001'";
    expect(await check({query, equals: 'ecs'})).toEqual({
      kind: 'waiting',
      progress: `aurora answers "seed" to ${query}, not "ecs".`,
    });
    const none = "SELECT side FROM orders WHERE token = 'none'";
    expect(await check({query: none, equals: 'ecs'})).toEqual({
      kind: 'waiting',
      progress: `aurora answers no row to ${none}, not "ecs".`,
    });
  });

  test('is blocked by a query that the server refuses', async () => {
    expect(await check({query: 'SELECT 1 FROM missing', equals: 1})).toEqual({
      kind: 'blocked',
      reason: expect.stringContaining("Table 'shop.missing' doesn't exist"),
      hint: "Correct the query of this gate, or grant switcharoo's account SELECT on the tables that it reads.",
    });
    expect(await check({query: 'SELECT 1 FROM mysql.user', equals: 1})).toMatchObject({
      kind: 'blocked',
    });
  });

  test('takes no query that could write', () => {
    expect(sqlAnswers.input.safeParse({query: 'DELETE FROM orders', equals: 0}).success).toBe(
      false,
    );
  });
});
