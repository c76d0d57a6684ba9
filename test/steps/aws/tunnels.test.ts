import {execFile, execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {createServer} from 'node:https';
import {type AddressInfo, connect} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createServer as createTlsServer, type Server} from 'node:tls';
import {promisify} from 'node:util';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {startAwsEndpoint} from '../../../lab/aws/endpoint.ts';
import {createIdentity} from '../../../lab/aws/identity.ts';
import {createSsm} from '../../../lab/aws/ssm.ts';
import {credentials} from '../../lab/aws/started.ts';
import {startProxy} from './proxy.ts';

const folder = mkdtempSync(join(tmpdir(), 'tunnels-'));
const [keyFile, certFile] = ['tls.key', 'tls.pem'].map((name) => join(folder, name));
const roleArn = 'arn:aws:iam::123456789012:role/cutover';
const closing: (() => unknown)[] = [];
afterAll(async () => {
  await Promise.all(closing.map((close) => close()));
  rmSync(folder, {recursive: true});
});

/** The ports at which AWS and the site serve HTTPS, with a certificate for their public names. */
let ports: {readonly aws: number; readonly site: number};
beforeAll(async () => {
  const names = 'DNS:*.eu-west-1.amazonaws.com,DNS:www.shop.test,DNS:localhost';
  const words = 'req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test -addext'.split(' ');
  const files = ['-keyout', `${keyFile}`, '-out', `${certFile}`];
  execFileSync('openssl', [...words, `subjectAltName=${names}`, ...files], {stdio: 'pipe'});
  const identity = createIdentity({roles: [{arn: roleArn}]});
  const services = [
    identity.sts,
    createSsm({parameters: {'/shop/db': 'kept'}, region: 'eu-west-1'}),
  ];
  const endpoint = await startAwsEndpoint({services, credentials, sessions: identity.sessions});
  const tls = {key: readFileSync(`${keyFile}`), cert: readFileSync(`${certFile}`)};
  const aws = createTlsServer(tls, (socket) => {
    const inner = connect(Number(new URL(endpoint.url).port), '127.0.0.1');
    inner.on('error', () => socket.destroy());
    socket.on('error', () => inner.destroy());
    socket.pipe(inner).pipe(socket);
  });
  const site = createServer(tls, ({headers}, response) => response.end(`for ${headers.host}`));
  ports = {aws: await listening(aws), site: await listening(site)};
  closing.push(
    () => endpoint.stop(),
    () => aws.close(),
    () => site.close(),
  );
});

const listening = (server: Server): Promise<number> =>
  new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
  );

async function demo(config: object, page: string, environment: Readonly<Record<string, string>>) {
  const words = ['--conditions=switcharoo-source', '--import', 'tsx'];
  const args = [...words, 'test/steps/aws/tunnel-demo.ts', JSON.stringify(config), page];
  const {stdout} = await promisify(execFile)(process.execPath, args, {
    env: {
      ...{PATH: process.env['PATH'], TMPDIR: process.env['TMPDIR'], AWS_REGION: 'eu-west-1'},
      ...{AWS_ACCESS_KEY_ID: credentials.accessKeyId, NODE_EXTRA_CA_CERTS: certFile},
      ...{AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey, ...environment},
    },
  });
  return JSON.parse(stdout);
}

const answers = {clockIsRight: true, secrets: {password: 'kept'}, status: 200};

test('everything that is asked over HTTPS goes through the proxy, to AWS under its own names', async () => {
  await using proxy = await startProxy({
    leads: {
      'sts.eu-west-1.amazonaws.com:443': ports.aws,
      'ssm.eu-west-1.amazonaws.com:443': ports.aws,
      '127.0.0.1:443': ports.site,
    },
  });
  const config = {region: 'eu-west-1', credentials, assumeRole: {arn: roleArn}};
  // As administrators write it: without a scheme.
  const proxies = {HTTPS_PROXY: `127.0.0.1:${proxy.port}`, NO_PROXY: 'internal.test,10.0.0.0/8'};
  expect(await demo(config, 'https://www.shop.test/', proxies)).toEqual({
    ...answers,
    caller: 'arn:aws:sts::123456789012:assumed-role/cutover/switcharoo',
    body: 'for www.shop.test',
  });
  // The role, the caller, the clock, the secret, and the page.
  expect(proxy.tunnels.toSorted()).toEqual([
    '127.0.0.1:443',
    'ssm.eu-west-1.amazonaws.com:443',
    ...Array.from({length: 3}, () => 'sts.eu-west-1.amazonaws.com:443'),
  ]);
});

test('what NO_PROXY excepts is asked directly over HTTPS', async () => {
  await using proxy = await startProxy();
  const url = `https://localhost:${ports.aws}`;
  expect(
    await demo({region: 'eu-west-1', endpoint: url}, `https://www.shop.test:${ports.site}/`, {
      ...{https_proxy: proxy.url, no_proxy: 'localhost, shop.test', AWS_ENDPOINT_URL: url},
    }),
  ).toEqual({
    ...answers,
    caller: 'arn:aws:sts::123456789012:assumed-role/switcharoo/night',
    body: `for www.shop.test:${ports.site}`,
  });
  expect(proxy.tunnels).toEqual([]);
});
