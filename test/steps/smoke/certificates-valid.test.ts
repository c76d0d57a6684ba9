import {execFileSync, spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {createServer as createPlainServer} from 'node:http';
import {type AddressInfo, createServer as createTcpServer, type Server} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createSecureContext, createServer} from 'node:tls';
import {afterEach, expect, test} from 'vitest';
import {createAuthority, type LabCertificate} from '../../../lab/tls/certificate.ts';
import {certificatesValid} from '../../../steps/smoke/certificates-valid.ts';
import {httpAnswers} from '../../../steps/smoke/http.ts';
import {trustedCas} from '../../../steps/smoke/site/trusted-cas.ts';
import {webSite} from '../../../steps/smoke/target.ts';

const dayMs = 24 * 3_600_000;
const authority = createAuthority('The lab');
const stranger = createAuthority('Nobody');
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
  }
});

/** A server with a certificate for each name (SNI). */
async function serve(byName: Readonly<Record<string, LabCertificate>>): Promise<number> {
  const [first] = Object.values(byName);
  const web = createPlainServer((request, response) => void response.end(request.headers.host));
  const server = createServer(
    {
      ...first,
      SNICallback: (name, done) => {
        const own = byName[name] ?? first;
        done(null, own && createSecureContext(own));
      },
    },
    (socket) => web.emit('connection', socket),
  );
  return listening(server);
}

async function listening(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return (server.address() as AddressInfo).port;
}

async function look(
  gate: typeof certificatesValid | typeof httpAnswers,
  given: object,
  ca = authority.cert,
) {
  const {signal} = new AbortController();
  const config = webSite.config.parse(ca === '' ? {} : {ca});
  const {reader} = await webSite.open(config, {name: 'site', signal});
  return gate.check({
    input: gate.input.parse(given) as never,
    targets: {site: reader},
    run: {id: 'r', entry: 'e', started: false},
    now: new Date(),
    signal,
  });
}

const names = ['shop.test', 'www.shop.test'];
const check = (port: number, ca?: string) =>
  look(certificatesValid, {names, at: ['127.0.0.1'], port}, ca);

test('it is open when every name is shown a certificate of its own that is trusted; and the page comes', async () => {
  const to = new Date(Math.floor(Date.now() / 1_000) * 1_000 + 40 * dayMs);
  const port = await serve({
    'shop.test': authority.sign(['shop.test']),
    'www.shop.test': authority.sign(['*.shop.test'], {to}),
  });
  expect(await check(port)).toEqual({kind: 'done', output: {validUntil: to.toISOString()}});
  const url = `https://www.shop.test:${port}/`;
  const page = {url, at: ['127.0.0.1'], includes: 'www.shop.test'};
  expect(await look(httpAnswers, page)).toEqual({kind: 'done', output: {}});
  expect(await look(httpAnswers, page, '')).toMatchObject({kind: 'waiting'});
});

const both = (certificate: LabCertificate) => ({
  'shop.test': authority.sign(['shop.test']),
  'www.shop.test': certificate,
});
const signedAt = (from: number, to: number) =>
  authority.sign(['www.shop.test'], {
    from: new Date(Date.now() + from * dayMs),
    to: new Date(Date.now() + to * dayMs),
  });

test.each([
  [
    'the name',
    both(authority.sign(['shop.test', 'api.shop.test'])),
    /is for other names: shop\.test, api\.shop\.test/,
    /^Add a certificate for www\.shop\.test /,
  ],
  ['its end', both(signedAt(-90, -1)), /expired at 20/, /^Renew it at the load balancer/],
  [
    'its near end',
    both(signedAt(-90, 3.5)),
    /expires in 3 days, at 20.*, and 14 are required/,
    /Or set daysLeft/,
  ],
  ['its beginning', both(signedAt(1, 90)), /is valid only from 20/, /^Check the clock/],
  [
    'its CA',
    both(stranger.sign(['www.shop.test'])),
    /is not trusted: its (root )?CA is unknown/,
    /^Install it with all its intermediate/,
  ],
])('it is blocked by %s', async (_what, certificates, fault, hint) => {
  const port = await serve(certificates);
  const verdict = await check(port);
  expect(verdict).toEqual({
    kind: 'blocked',
    reason: expect.stringMatching(fault),
    hint: expect.stringMatching(hint),
  });
  expect(verdict).toMatchObject({
    reason: expect.stringContaining(`The certificate for www.shop.test at 127.0.0.1 port ${port} `),
  });
});

test('it waits for a server that shows none, and says why', async () => {
  const plain = await listening(createPlainServer((_, response) => response.end()));
  expect(await check(plain)).toEqual({
    kind: 'waiting',
    progress: names
      .map(
        (name) =>
          `${name} at 127.0.0.1 port ${plain}: the server does not speak TLS there, or has no certificate for the name`,
      )
      .join('; ')
      .replace(/^/, 'no certificate for '),
  });
  const gone = createTcpServer();
  const port = await listening(gone);
  await new Promise((closed) => gone.close(closed));
  expect(await check(port)).toMatchObject({
    kind: 'waiting',
    progress: expect.stringContaining('no server listens there (ECONNREFUSED)'),
  });
});

test.skipIf(spawnSync('openssl', ['version']).status !== 0)(
  "the lab's certificates are what openssl takes for certificates",
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'switcharoo-ca-'));
    const [ca, cert] = ['ca.pem', 'cert.pem'].map((name) => join(folder, name)) as [string, string];
    writeFileSync(ca, authority.cert);
    writeFileSync(cert, authority.sign(['www.shop.test']).cert);
    const said = execFileSync('openssl', [
      'verify',
      '-verify_hostname',
      'www.shop.test',
      '-CAfile',
      ca,
      cert,
    ]);
    expect(said.toString()).toContain(': OK');
    rmSync(folder, {recursive: true});
  },
);

test('the usual CAs are read once for each CA of a target, and it is trusted by its own handshakes alone', () => {
  const {secureContext} = trustedCas(authority.cert);
  expect(secureContext).toBeDefined();
  expect(trustedCas(authority.cert).secureContext).toBe(secureContext);
  expect(trustedCas(stranger.cert).secureContext).not.toBe(secureContext);
  expect(trustedCas(undefined)).toEqual({});
});
