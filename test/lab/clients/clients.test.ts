import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import type {RecordSet} from '../../../lab/aws/record-set.ts';
import {compare} from '../../../lab/clients/compare.ts';
import {tokensIn} from '../../../lab/clients/ledger.ts';
import {type ClientsControl, type ClientsReport, controlOf} from '../../../lab/clients/protocol.ts';
import {startAuthoritative} from '../../../lab/dns/authoritative.ts';
import {type Resolver, startResolver} from '../../../lab/dns/resolver.ts';
import type {DnsServer} from '../../../lab/dns/server.ts';
import type {LabProcess} from '../../../lab/processes.ts';
import {type ShopWorld, startShopWorld} from '../app/shop-world.ts';

// Real clients, real DNS, two real sides of the shop on one real database.

let world: ShopWorld;
let authoritative: DnsServer;
let resolver: Resolver;
let port: number;
let oldSide: LabProcess;
let records: readonly RecordSet[] = [];

beforeAll(async () => {
  world = await startShopWorld();
  const old = await world.startShop('old', {SIDE: 'old', LISTEN_ADDRESS: '127.1.1.11'});
  port = old.port;
  oldSide = old.process;
  await world.startShop('new', {SIDE: 'new', LISTEN_ADDRESS: '127.1.1.100', PORT: String(port)});
  pointTo('127.1.1.11');
  const zone = () => ({name: 'shop.test', nameServers: ['ns1.lab.test'], records});
  authoritative = await startAuthoritative({address: '127.0.0.1', zone});
  resolver = await startResolver({address: '127.0.0.1', authoritative});
});

afterAll(async () => {
  await world?.end();
  await resolver?.stop();
  await authoritative?.stop();
});

function pointTo(address: string): void {
  records = [{name: 'www.shop.test.', type: 'A', ttl: 1, values: [address]}];
}

function startClients(name: string): {
  clients: ClientsControl;
  process: LabProcess;
  ledger: string;
} {
  const ledger = join(world.directory, `${name}.tsv`);
  const env = {
    ...{
      CLIENTS: '3',
      READERS: '2',
      NAME: 'www.shop.test',
      PORT: String(port),
      LEDGER: ledger,
      FROM: '127.1.1.',
    },
    RESOLVER: `${resolver.address}:${resolver.port}`,
  };
  const process = world.start(name, 'lab/clients/main.ts', env, true);
  return {clients: controlOf(process.child), process, ledger};
}

async function until(
  clients: ClientsControl,
  holds: (report: ClientsReport) => boolean,
): Promise<ClientsReport> {
  await expect.poll(async () => holds(await clients.report()), {interval: 20}).toBe(true);
  return clients.report();
}

test('clients follow the name from one side to the other and measure what it cost them', async () => {
  const {clients, process, ledger} = startClients('cutover');
  const calm = await until(clients, ({acknowledged}) => acknowledged >= 60);
  expect(calm).toMatchObject({
    refused: 0,
    unanswered: 0,
    outageMs: 0,
    outages: [],
    lastFailure: null,
  });
  expect(Object.keys(calm.bySide)).toEqual(['old']);

  await world.database.query('SET GLOBAL read_only = ON');
  const frozen = await until(clients, ({outages}) => outages.length === 3);
  expect(frozen.outages.every(({toUtc}) => toUtc === null)).toBe(true);
  expect(frozen.lastFailure).toContain('1290');
  // Whoever may not write can still read what was written before.
  await until(clients, ({reads}) => reads.answered > frozen.reads.answered + 10);
  pointTo('127.1.1.100');
  await until(clients, ({refused}) => refused > 60);
  await world.database.query('SET GLOBAL read_only = OFF');

  await until(clients, ({bySide}) => (bySide['new'] ?? 0) > 60);
  const last = await clients.stop();
  expect(await process.exited).toEqual({code: 0, signal: null});
  expect(new Set(last.outages.map(({client}) => client))).toEqual(new Set([0, 1, 2]));
  expect(last.outages.every(({toUtc}) => toUtc !== null)).toBe(true);
  expect(last.reads).toMatchObject({failed: 0, lastFailure: null});
  expect(last.outageMs).toBe(Math.max(...last.outages.map(({ms}) => ms)));
  expect(await compare(ledger, (sql) => world.database.query(sql))).toEqual({
    acknowledged: last.acknowledged,
    lost: [],
    duplicated: [],
  });
});

test('paused clients leave the world alone until they are told to go on', async () => {
  const {clients} = startClients('paused');
  await until(clients, ({acknowledged}) => acknowledged > 0);
  await clients.pause();
  const orders = () => world.database.query('SELECT COUNT(*) AS n FROM shop.orders');
  const before = await orders();
  const report = await clients.report();
  await world.database.query('DO SLEEP(0.2)');
  expect(await orders()).toEqual(before);
  expect(await clients.report()).toEqual(report);
  await clients.resume();
  await until(clients, ({acknowledged}) => acknowledged > report.acknowledged);
  await clients.stop();
});

test('killed at any instant, the clients leave every write that they counted in the ledger', async () => {
  const {clients, process, ledger} = startClients('killed');
  const {acknowledged} = await until(clients, (report) => report.acknowledged > 30);
  process.kill('SIGKILL');
  await process.exited;
  expect(tokensIn(ledger).length).toBeGreaterThanOrEqual(acknowledged);
  const compared = await compare(ledger, (sql) => world.database.query(sql));
  expect(compared).toMatchObject({lost: [], duplicated: []});
  await expect(clients.report()).rejects.toThrow('The clients of the lab have ended.');
});

test('a side that is gone is refused writes, a resolver that is silent no address', async () => {
  const {clients} = startClients('gone');
  await until(clients, ({acknowledged}) => acknowledged > 0);
  await oldSide.stop();
  pointTo('127.1.1.11');
  const gone = await until(clients, ({refused}) => refused > 10);
  expect(gone.lastFailure).toBe('refused: POST /orders: connection refused');
  const unread = await until(clients, ({reads}) => reads.failed > 0);
  expect(unread.reads.lastFailure).toBe('refused: GET /orders/…: connection refused');
  resolver.faults.silent = true;
  const unnamed = await until(
    clients,
    ({lastFailure}) => lastFailure === 'refused: POST /orders: no address for www.shop.test',
  );
  expect(unnamed.outages.filter(({toUtc}) => toUtc === null).length).toBe(3);
  resolver.faults.silent = false;
  pointTo('127.1.1.100');
  await until(clients, ({outages}) => outages.every(({toUtc}) => toUtc !== null));
  await clients.stop();
});
