import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {createIdentity} from '../../../lab/aws/identity.ts';
import {proxyFor, proxySettings} from '../../../src/inventory/proxies.ts';
import {type AwsConfig, awsClients} from '../../../steps/aws/index.ts';
import {getPage} from '../../../steps/smoke/site/page.ts';
import {started} from '../../lab/aws/started.ts';
import {startProxy} from './proxy.ts';

const names = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY', 'NO_PROXY'];
beforeEach(() => {
  for (const name of names.flatMap((upper) => [upper, upper.toLowerCase()])) {
    vi.stubEnv(name, undefined);
  }
});
afterEach(() => vi.unstubAllEnvs());

const callerOf = async (config: AwsConfig) => {
  const sts = awsClients(
    config,
    () => import('@aws-sdk/client-sts'),
    (sdk, settings) => new sdk.STSClient({...settings, maxAttempts: 1}),
  );
  try {
    return await sts.ask('the account', async ({sdk, reading}) => {
      const {Account} = await reading.send(new sdk.GetCallerIdentityCommand({}));
      return Account;
    });
  } finally {
    await sts.close();
  }
};

test('AWS is reached through the proxy of the environment, and directly where it is excepted', async () => {
  await using proxy = await startProxy();
  await using lab = await started(createIdentity().sts);
  const {host} = new URL(lab.endpoint.url);
  vi.stubEnv('HTTP_PROXY', proxy.url);
  expect(await callerOf(lab.config)).toBe('123456789012');
  expect(proxy.tunnels).toEqual([host]);
  vi.stubEnv('NO_PROXY', 'internal.test,127.0.0.1');
  expect(await callerOf(lab.config)).toBe('123456789012');
  expect(proxy.tunnels).toEqual([host]);
});

const realAws = {
  region: 'eu-west-1',
  credentials: {accessKeyId: 'id', secretAccessKey: 'secret'},
};

test('a proxy that lets nobody through is named as what is in the way, and no password', async () => {
  for (const answers of [407, 403, 502]) {
    await using proxy = await startProxy({answers});
    vi.stubEnv('https_proxy', proxy.url.replace('//', '//me:secret@'));
    await expect(callerOf(realAws)).rejects.toMatchObject({
      problem: {
        code: 'aws-unreachable',
        message: `AWS cannot be reached for the account: the proxy http://***@127.0.0.1:${proxy.port} refuses (status ${answers})`,
      },
    });
    // What a proxy answers is not the site's answer.
    await expect(pageOf('https://www.shop.test/')).rejects.toMatchObject({
      problem: {
        code: 'site-unreachable',
        message: `https://www.shop.test/ at 127.0.0.1 cannot be reached: the proxy http://***@127.0.0.1:${proxy.port} refuses (status ${answers}).`,
      },
    });
    expect(proxy.tunnels).toEqual(['sts.eu-west-1.amazonaws.com:443', '127.0.0.1:443']);
  }
});

const pageOf = (url: string, signal = new AbortController().signal) =>
  getPage(url, '127.0.0.1', {ca: undefined, signal});

test('a proxy that does not run, or that has no HTTP, is named; not the site behind it', async () => {
  await using proxy = await startProxy();
  await proxy[Symbol.asyncDispose]();
  vi.stubEnv('HTTPS_PROXY', proxy.url);
  const problem = (message: string) => ({problem: {message: expect.stringContaining(message)}});
  const down = `the proxy ${proxy.url} does not answer: connect ECONNREFUSED`;
  await expect(pageOf('https://www.shop.test/')).rejects.toMatchObject(problem(down));
  await expect(callerOf(realAws)).rejects.toMatchObject(problem(down));
  vi.stubEnv('HTTPS_PROXY', 'socks5://me:secret@127.0.0.1:1080');
  await expect(callerOf(realAws)).rejects.toMatchObject(
    problem('the proxy socks5://***@127.0.0.1:1080 is not the address of an HTTP proxy'),
  );
});

test('a request ends with its signal or its limit although the proxy says nothing, and so does the tunnel', async () => {
  await using proxy = await startProxy({answers: 'silent'});
  vi.stubEnv('HTTPS_PROXY', proxy.url);
  const stop = new AbortController();
  const aborted = pageOf('https://www.shop.test/', stop.signal);
  await vi.waitFor(() => expect(proxy.tunnels).toHaveLength(1));
  stop.abort(new Error('stopped'));
  await expect(aborted).rejects.toThrow('stopped');
  await vi.waitFor(() => expect(proxy.open.size).toBe(0));
  await expect(callerOf(realAws)).rejects.toMatchObject({
    problem: {
      message: `AWS cannot be reached for the account: the proxy ${proxy.url} did not open a tunnel within 2.5 s`,
    },
  });
  await vi.waitFor(() => expect(proxy.open.size).toBe(0));
});

test('NO_PROXY is read as curl reads it', () => {
  const excepted = (list: string, host: string, port = 443) =>
    proxyFor('https', {host, port}, {HTTPS_PROXY: 'proxy:3128', NO_PROXY: list}) === undefined;
  const isExcepted: readonly (readonly [string, string, number?])[] = [
    ['amazonaws.com', 'sts.amazonaws.com'],
    ['.amazonaws.com', 'amazonaws.com'],
    ['*.shop.test', 'www.SHOP.test'],
    ['localhost,10.0.0.0/8', '10.1.2.3'],
    ['[::1]:443', '[::1]'],
    ['fd00::/8', '[fd00::1]'],
    ['shop.test:8443', 'www.shop.test', 8443],
    ['other, *', 'anything'],
    ['shop.test.', 'www.shop.test'],
    ['shop.test', 'www.shop.test.'],
    ['0:0:0:0:0:0:0:1', '[::1]'],
    ['[fd00::]/8', '[fd00::1]'],
  ];
  expect(isExcepted.filter((words) => !excepted(...words))).toEqual([]);
  const isNot: readonly (readonly [string, string, number?])[] = [
    ['amazonaws.com', 'notamazonaws.com'],
    ['10.0.0.0/8', '11.1.2.3'],
    ['10.0.0.0/99,/8,.', '10.1.2.3'],
    ['shop.test:8443', 'www.shop.test'],
    ['::1', '[::2]'],
    ['10.1.2.0', '10.1.2.3'],
    ['10.0.0.0/', '10.1.2.3'],
    ['test.', 'nottest'],
  ];
  expect(isNot.filter((words) => excepted(...words))).toEqual([]);
  const place = {host: 'a', port: 80};
  expect(proxyFor('https', place, {HTTPS_PROXY: 'proxy:3128'})).toBe('http://proxy:3128');
  expect(proxyFor('http', place, {HTTPS_PROXY: 'proxy:3128'})).toBeUndefined();
  expect(proxyFor('http', place, {all_proxy: 'https://proxy'})).toBe('https://proxy');
});

test('a page of the site is asked for at its address, also through a proxy', async () => {
  await using proxy = await startProxy();
  const site = createServer((request, response) => response.end(`for ${request.headers.host}`));
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  const {port} = site.address() as AddressInfo; // a TCP server has one
  const signal = new AbortController().signal;
  vi.stubEnv('HTTP_PROXY', proxy.url);
  const page = () => getPage(`http://www.shop.test:${port}/`, '127.0.0.1', {ca: undefined, signal});
  expect(await page()).toEqual({status: 200, body: `for www.shop.test:${port}`});
  expect(proxy.tunnels).toEqual([`127.0.0.1:${port}`]);
  vi.stubEnv('NO_PROXY', '.shop.test');
  expect(await page()).toEqual({status: 200, body: `for www.shop.test:${port}`});
  expect(proxy.tunnels).toHaveLength(1);
  site.close();
});

test('the doctor names the proxies, and no password', () => {
  expect(
    proxySettings({HTTPS_PROXY: 'http://me:secret@proxy:3128', no_proxy: '.internal'}),
  ).toEqual([
    {name: 'HTTPS_PROXY', value: 'http://***@proxy:3128'},
    {name: 'no_proxy', value: '.internal'},
  ]);
});
