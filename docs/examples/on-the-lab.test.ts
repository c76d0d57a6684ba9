import {startAws, startMysql} from '@switcharoo/lab/testing';
import {defineGate, defineRunbook, done, waiting} from 'switcharoo';
import {mysqlServer} from 'switcharoo/mysql';
import {hostedZone, lowerTtl} from 'switcharoo/route53';
import {lawsOfRunbook, MachineClock, openTarget} from 'switcharoo/testing';
import {afterAll} from 'vitest';
import {z} from 'zod';

/** Our own gate on a shipped kind of target. */
const noOpenOrders = defineGate({
  name: 'our.no-open-orders',
  summary: 'Wait until no order is open.',
  targets: {database: mysqlServer},
  input: z.object({}),
  output: z.object({}),
  needs: {database: ['SELECT on shop.orders']},
  timeoutMs: 60_000,
  async check({targets: {database}, signal}) {
    const sql = 'SELECT COUNT(*) AS open FROM shop.orders WHERE is_open = ?';
    const [row] = await database.query(sql, [1], signal);
    const open = Number(row?.['open']);
    return open === 0 ? done({}) : waiting(`${open} orders are open`);
  },
});

const runbook = defineRunbook({
  name: 'prepare',
  summary: 'Lower the TTL of the shop once no order is open.',
  params: z.object({}),
  targets: {database: mysqlServer, dns: hostedZone},
})
  .phase('Prepare')
  .step('no-open-orders', noOpenOrders, {on: {database: 'database'}, input: () => ({})})
  .step('lower-ttl', lowerTtl, {
    on: {zone: 'dns'},
    input: () => ({names: [{name: 'shop.test', type: 'A'}], ttlSeconds: 60}),
  });

// One server for all tests: it starts in two seconds.
const mysql = await startMysql();
afterAll(() => mysql.close());
await mysql.query('CREATE DATABASE shop');
await mysql.query('CREATE TABLE shop.orders (id INT PRIMARY KEY, is_open INT NOT NULL)');

lawsOfRunbook({
  runbook,
  // Real servers need real time.
  clock: new MachineClock(),
  world: async () => {
    const records = [{name: 'shop.test.', type: 'A', ttl: 3600, values: ['192.0.2.1']}];
    const aws = await startAws({zones: {'shop.test.': records}});
    const database = await openTarget(mysqlServer, mysql.config);
    const dns = await openTarget(hostedZone, {
      ...aws.config,
      zoneId: 'ZSHOPTEST',
      requestsPerSecond: 1_000,
    });
    return {
      sessions: {database, dns},
      picture: async () => aws.records('shop.test.'),
      close: async () => {
        await Promise.all([database.close(), dns.close(), aws.close()]);
      },
    };
  },
});
