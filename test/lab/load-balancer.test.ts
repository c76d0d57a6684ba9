import {createServer, type Server} from 'node:http';
import {type AddressInfo, connect} from 'node:net';
import {afterEach, expect, test, vi} from 'vitest';
import {type LoadBalancer, startLoadBalancer} from '../../lab/load-balancer.ts';

const balancerAddress = '127.77.1.100';
const toStop: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  await Promise.all(toStop.splice(0).map((stop) => stop()));
});

test('connections go in turn to the healthy targets, and to no other', async () => {
  const balancer = await balancerWith({});
  const one = await target('127.77.1.150', 'one');
  const two = await target('127.77.1.151', 'two');
  const ill = await target('127.77.1.152', 'ill', 500);
  for (const {id, port} of [one, two, ill]) {
    balancer.register(id, id, port);
  }
  await states(balancer, ['healthy', 'healthy', 'unhealthy']);

  const answers = [];
  for (let count = 0; count < 4; count += 1) {
    answers.push((await ask(balancer)).text);
  }

  expect(answers.sort()).toEqual(['one', 'one', 'two', 'two']);
  expect(balancer.targets().at(-1)).toEqual({
    id: ill.id,
    address: ill.id,
    port: ill.port,
    state: 'unhealthy',
    reason: 'Target.ResponseCodeMismatch',
    description: 'Health checks failed with these codes: [500]',
  });
});

test('with no healthy target it answers 503', async () => {
  const balancer = await balancerWith({});
  expect((await ask(balancer)).status).toBe(503);

  balancer.register('127.77.1.150', '127.77.1.150', 9);
  await states(balancer, ['unhealthy']);
  expect(balancer.targets()[0]?.reason).toBe('Target.FailedHealthChecks');
  expect((await ask(balancer)).status).toBe(503);
});

test('what CloudWatch would have of it is counted: requests, their time, and who answered with 5xx', async () => {
  const balancer = await balancerWith({});
  await ask(balancer);
  const failing = await target('127.77.1.150', 'failing', 200, 500);
  balancer.register(failing.id, failing.id, failing.port);
  await states(balancer, ['healthy']);
  const answers = [await ask(balancer), await ask(balancer)];
  expect(answers.map(({status}) => status)).toEqual([500, 500]);

  const count = (metric: string) => balancer.measured(metric).map(({value}) => value);
  expect(count('RequestCount')).toEqual([1, 1]);
  expect(count('HTTPCode_Target_5XX_Count')).toEqual([1, 1]);
  expect(count('HTTPCode_ELB_5XX_Count')).toEqual([1]);
  const seconds = count('TargetResponseTime');
  expect(seconds).toHaveLength(2);
  expect(seconds.every((each) => each > 0 && each < 5)).toBe(true);
});

test('a deregistered target is given no new connection, ends the open ones, and is gone', async () => {
  const balancer = await balancerWith({drainMs: 10_000});
  const leaving = await target('127.77.1.150', 'leaving');
  const staying = await target('127.77.1.151', 'staying');
  balancer.register(leaving.id, leaving.id, leaving.port);
  await states(balancer, ['healthy']);
  const open = await openConnection(balancer);
  balancer.register(staying.id, staying.id, staying.port);
  await states(balancer, ['healthy', 'healthy']);

  balancer.deregister(leaving.id);

  expect(balancer.targets().map(({state, reason}) => ({state, reason}))).toEqual([
    {state: 'draining', reason: 'Target.DeregistrationInProgress'},
    {state: 'healthy', reason: undefined},
  ]);
  expect([(await ask(balancer)).text, (await ask(balancer)).text]).toEqual(['staying', 'staying']);
  open.write('GET / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n');
  expect(await rest(open)).toContain('leaving');
  await states(balancer, ['healthy']);
});

test('a target that still holds connections after the drain time loses them', async () => {
  const balancer = await balancerWith({drainMs: 50});
  const leaving = await target('127.77.1.150', 'leaving');
  balancer.register(leaving.id, leaving.id, leaving.port);
  await states(balancer, ['healthy']);
  const open = await openConnection(balancer);

  balancer.deregister(leaving.id);

  expect(await rest(open)).toBe('');
  await states(balancer, []);
});

async function balancerWith({drainMs = 500}): Promise<LoadBalancer> {
  const balancer = await startLoadBalancer({
    address: balancerAddress,
    port: 0,
    healthPath: '/health',
    intervalMs: 20,
    drainMs,
  });
  toStop.push(() => balancer.stop());
  return balancer;
}

async function target(
  address: string,
  name: string,
  health = 200,
  answer = 200,
): Promise<{id: string; port: number}> {
  const server: Server = createServer((request, response) => {
    response.writeHead(request.url === '/health' ? health : answer).end(name);
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  toStop.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  // `address()` is an object for a TCP server that listens.
  return {id: address, port: (server.address() as AddressInfo).port};
}

const states = (balancer: LoadBalancer, wanted: readonly string[]) =>
  vi.waitFor(() => expect(balancer.targets().map(({state}) => state)).toEqual(wanted), {
    timeout: 60_000,
    interval: 10,
  });

async function ask({address, port}: LoadBalancer): Promise<{status: number; text: string}> {
  const response = await fetch(`http://${address}:${port}/`, {headers: {connection: 'close'}});
  return {status: response.status, text: await response.text()};
}

async function openConnection({address, port}: LoadBalancer) {
  const socket = connect({host: address, port});
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve));
  // One answered request proves that the connection has reached its target.
  socket.write('GET / HTTP/1.1\r\nHost: shop\r\n\r\n');
  await new Promise((resolve) => socket.once('data', resolve));
  toStop.push(async () => socket.destroy());
  return socket;
}

function rest(socket: ReturnType<typeof connect>): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.once('close', () => resolve(text));
  });
}
