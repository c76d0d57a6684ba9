import {createHash} from 'node:crypto';
import {existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync} from 'node:fs';
import {createServer, type IncomingMessage} from 'node:http';
import type {AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {startAwsEndpoint} from '../../../lab/aws/endpoint.ts';
import {createIdentity} from '../../../lab/aws/identity.ts';
import type {Sessions} from '../../../lab/aws/sessions.ts';
import {type AwsConfig, awsClients, awsConfig} from '../../../steps/aws/index.ts';
import {credentials} from '../../lab/aws/started.ts';
import {startProxy} from './proxy.ts';

// Where a profile of ~/.aws/config takes its keys from: IAM Identity Center (SSO), and a program.

const roleArn = 'arn:aws:iam::123456789012:role/cutover';
const personArn = 'arn:aws:sts::123456789012:assumed-role/Night/person';
const startUrl = 'https://shop.awsapps.com/start';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'switcharoo-home-'));
  mkdirSync(join(home, '.aws', 'sso', 'cache'), {recursive: true});
  vi.stubEnv('HOME', home);
  for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE', 'AWS_PROFILE']) {
    vi.stubEnv(name, undefined);
  }
});
afterEach(() => vi.unstubAllEnvs());

const writeProfiles = (...lines: string[]) =>
  writeFileSync(join(home, '.aws', 'config'), `${lines.join('\n')}\n`);

/** Two profiles: the person's, and a role that the person may assume. The session is in another region. */
function signedIn(forMs = 3_600_000) {
  writeProfiles(
    '[sso-session shop]',
    `sso_start_url = ${startUrl}`,
    'sso_region = us-east-2',
    '[profile person]',
    ...['sso_session = shop', 'sso_account_id = 123456789012', 'sso_role_name = Night'],
    '[profile cutover]',
    ...[`role_arn = ${roleArn}`, 'source_profile = person', 'role_session_name = of-profile'],
  );
  const name = createHash('sha1').update('shop').digest('hex');
  const expiresAt = new Date(Date.now() + forMs).toISOString();
  writeFileSync(
    join(home, '.aws', 'sso', 'cache', `${name}.json`),
    JSON.stringify({accessToken: 'of-the-session', expiresAt, region: 'us-east-2', startUrl}),
  );
}

/** Answers as the portal of IAM Identity Center does: `GetRoleCredentials` of the SSO Portal API Reference. */
async function startPortal(sessions: Sessions) {
  const asked: Pick<IncomingMessage, 'url' | 'headers'>[] = [];
  const server = createServer(({url, headers}, response) => {
    asked.push({url, headers});
    const {endsAtMs, ...keys} = sessions.grant(personArn, 3_600, Date.now());
    const roleCredentials = {...keys, expiration: endsAtMs};
    response.writeHead(200, {'content-type': 'application/json'});
    response.end(JSON.stringify({roleCredentials}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const {port} = server.address() as AddressInfo; // a TCP server has one
  return {
    asked,
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function opened() {
  const {sts, iam, sessions} = createIdentity({roles: [{arn: roleArn}]});
  const endpoint = await startAwsEndpoint({services: [sts, iam], credentials, sessions});
  return {
    sessions,
    config: (more: object) =>
      awsConfig.parse({endpoint: endpoint.url, region: 'eu-central-1', ...more}),
    [Symbol.asyncDispose]: () => endpoint.stop(),
  };
}

const callerOf = (config: AwsConfig) =>
  awsClients(
    config,
    () => import('@aws-sdk/client-sts'),
    (sdk, settings) => new sdk.STSClient(settings),
  ).ask('the account', async ({sdk, reading}) => {
    const {Arn} = await reading.send(new sdk.GetCallerIdentityCommand({}));
    return Arn;
  });

test('IAM Identity Center is asked where it is, and STS at the endpoint of the target', async () => {
  await using lab = await opened();
  await using portal = await startPortal(lab.sessions);
  signedIn();
  vi.stubEnv('AWS_ENDPOINT_URL_SSO', portal.url);
  expect(await callerOf(lab.config({profile: 'cutover'}))).toBe(
    'arn:aws:sts::123456789012:assumed-role/cutover/of-profile',
  );
  expect(portal.asked).toMatchObject([
    {
      url: '/federation/credentials?account_id=123456789012&role_name=Night',
      headers: {'x-amz-sso_bearer_token': 'of-the-session'},
    },
  ]);
});

test('IAM Identity Center is asked in its own region, not in that of the target', async () => {
  await using proxy = await startProxy({answers: 503});
  signedIn();
  vi.stubEnv('HTTPS_PROXY', proxy.url);
  const config = awsConfig.parse({region: 'eu-central-1', profile: 'person'});
  await expect(callerOf(config)).rejects.toThrow();
  expect(new Set(proxy.tunnels)).toEqual(new Set(['portal.sso.us-east-2.amazonaws.com:443']));
});

test('a session of IAM Identity Center that is over: how to sign in again', async () => {
  await using lab = await opened();
  signedIn(-1_000);
  await expect(callerOf(lab.config({profile: 'person'}))).rejects.toMatchObject({
    problem: {
      code: 'aws-credentials-not-given',
      message: expect.stringContaining('aws sso login'),
      hint: expect.stringContaining('aws sso login'),
    },
  });
});

/** A profile whose keys a program prints, `lasting` from then on; it counts how often it was asked. */
function byProgram(lasting: string, then = '') {
  const count = join(home, 'asked');
  const program = join(home, 'keys');
  const keys = `{"Version": 1, "AccessKeyId": "${credentials.accessKeyId}", "SecretAccessKey": "${credentials.secretAccessKey}", "Expiration": "'$(date -u -d '${lasting}' +%Y-%m-%dT%H:%M:%SZ)'"}`;
  writeFileSync(program, `echo . >>'${count}'\n${then}\necho '${keys}'\n`);
  writeProfiles('[profile vault]', `credential_process = sh ${program}`);
  return () => (existsSync(count) ? readFileSync(count, 'utf8').split('\n').length - 1 : 0);
}

test('keys of a program: asked once while they are good, and again before their end', async () => {
  await using lab = await opened();
  const asked = byProgram('+1 hour');
  const config = lab.config({profile: 'vault'});
  const night = 'arn:aws:sts::123456789012:assumed-role/switcharoo/night';
  expect([await callerOf(config), await callerOf(config)]).toEqual([night, night]);
  expect(asked()).toBe(1);

  await using other = await opened();
  const again = byProgram('+2 minutes');
  const soonOver = other.config({profile: 'vault'});
  await callerOf(soonOver);
  const before = again();
  expect(await callerOf(soonOver)).toBe(night);
  expect(again()).toBeGreaterThan(before);
});

test('a program that fails: what it says, and no key', async () => {
  await using lab = await opened();
  byProgram('+1 hour', 'echo "the vault is sealed" >&2; exit 3');
  await expect(callerOf(lab.config({profile: 'vault'}))).rejects.toMatchObject({
    problem: {
      code: 'aws-credentials-not-given',
      message: expect.stringContaining('the vault is sealed'),
    },
  });
});
