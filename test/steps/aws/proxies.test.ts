import {createServer} from 'node:http';
import {type AddressInfo, connect} from 'node:net';
import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {createIdentity} from '../../../lab/aws/identity.ts';
import {proxySettings} from '../../../src/inventory/proxies.ts';
import {type AwsConfig, awsClients} from '../../../steps/aws/index.ts';
import {getPage} from '../../../steps/smoke/site/page.ts';
import {started} from '../../lab/aws/started.ts';

/** A real proxy, which remembers the tunnels that it was asked for. `refuses`: as one that wants a password. */
async function startProxy({refuses = false} = {}) {
  const tunnels: string[] = [];
  const server = createServer((_request, response) => response.writeHead(501).end());
  server.on('connect', ({url = ''}, socket) => {
    tunnels.push(url);
    if (refuses) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    const [host = '', port = ''] = url.split(':');
    const there = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      there.pipe(socket).pipe(there);
    });
    there.on('error', () => socket.destroy());
    socket.on('error', () => there.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const {port} = server.address() as AddressInfo; // a TCP server has one
  return {
    url: `http://127.0.0.1:${port}`,
    tunnels,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

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

test('a proxy that lets nobody through is named as what is in the way', async () => {
  await using proxy = await startProxy({refuses: true});
  vi.stubEnv('https_proxy', proxy.url);
  const config = {
    region: 'eu-west-1',
    credentials: {accessKeyId: 'id', secretAccessKey: 'secret'},
  };
  await expect(callerOf(config)).rejects.toMatchObject({
    problem: {
      code: 'aws-unreachable',
      message:
        'AWS does not answer for the account: the proxy of this machine refuses (status 407)',
    },
  });
  expect(proxy.tunnels).toEqual(['sts.eu-west-1.amazonaws.com:443']);
});

test('a page of the site is asked for at its address, also through a proxy', async () => {
  await using proxy = await startProxy();
  const site = createServer((request, response) => response.end(`for ${request.headers.host}`));
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  const {port} = site.address() as AddressInfo; // a TCP server has one
  const signal = new AbortController().signal;
  vi.stubEnv('HTTP_PROXY', proxy.url);
  const page = () => getPage(`http://www.shop.test:${port}/`, '127.0.0.1', signal);
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
