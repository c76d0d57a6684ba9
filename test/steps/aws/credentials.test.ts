import {mkdtempSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {startAwsEndpoint} from '../../../lab/aws/endpoint.ts';
import {createIdentity} from '../../../lab/aws/identity.ts';
import {
  type AwsConfig,
  awsClients,
  awsConfig,
  awsRemarks,
  callerOf as principalOf,
  regionOf,
} from '../../../steps/aws/index.ts';
import {credentials, started} from '../../lab/aws/started.ts';

const roleArn = 'arn:aws:iam::123456789012:role/cutover';
const device = 'arn:aws:iam::123456789012:mfa/night';

async function opened(role: {externalId?: string; mfa?: {serial: string; code: string}} = {}) {
  const identity = createIdentity({roles: [{arn: roleArn, ...role}]});
  const {sts, iam, sessions} = identity;
  const endpoint = await startAwsEndpoint({services: [sts, iam], credentials, sessions});
  return {
    endpoint,
    sessions,
    config: (more: object) => awsConfig.parse({endpoint: endpoint.url, ...more}),
    [Symbol.asyncDispose]: () => endpoint.stop(),
  };
}

const clientsOf = (config: AwsConfig) =>
  awsClients(
    config,
    () => import('@aws-sdk/client-sts'),
    (sdk, settings) => new sdk.STSClient(settings),
  );

const caller = async (clients: ReturnType<typeof clientsOf>) =>
  clients.ask('the account', async ({sdk, reading}) => {
    const {Arn} = await reading.send(new sdk.GetCallerIdentityCommand({}));
    return Arn;
  });

const callerOf = (config: AwsConfig) => caller(clientsOf(config));
const assumed = 'arn:aws:sts::123456789012:assumed-role/cutover/switcharoo';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'switcharoo-aws-'));
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'));
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'));
  for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_PROFILE']) {
    vi.stubEnv(name, undefined);
  }
  writeFileSync(
    join(folder, 'credentials'),
    `[lab]\naws_access_key_id = ${credentials.accessKeyId}\naws_secret_access_key = ${credentials.secretAccessKey}\n`,
  );
  writeFileSync(
    join(folder, 'config'),
    `[profile lab]\nregion = eu-central-1\n[default]\nregion = ap-south-1\n[profile cutover]\nrole_arn = ${roleArn}\nsource_profile = lab\nrole_session_name = of-profile\nmfa_serial = ${device}\n`,
  );
});
afterEach(() => vi.unstubAllEnvs());

test('the keys of a profile', async () => {
  await using lab = await opened();
  expect(await callerOf(lab.config({profile: 'lab'}))).toBe(
    'arn:aws:sts::123456789012:assumed-role/switcharoo/night',
  );
});

test('a role on top of a profile, with the external id that its owner asks for', async () => {
  await using lab = await opened({externalId: 'partner-7'});
  const role = {arn: roleArn, externalId: 'partner-7'};
  expect(await callerOf(lab.config({profile: 'lab', assumeRole: role}))).toBe(assumed);
});

test('a role that may not be assumed is named, with what to correct', async () => {
  await using lab = await opened({externalId: 'partner-7'});
  await expect(
    callerOf(lab.config({profile: 'lab', assumeRole: {arn: roleArn}})),
  ).rejects.toMatchObject({
    problem: {
      code: 'aws-credentials-not-given',
      message: `There are no credentials of role ${roleArn}, from profile lab: User: arn:aws:iam::123456789012:user/lab is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`,
    },
  });
});

test('a device: the code of a command, for a role of the inventory and for one of a profile', async () => {
  await using lab = await opened({mfa: {serial: device, code: '123456'}});
  const command = ['sh', '-c', 'echo 123456'];
  const mfa = {serial: device, command};
  expect(await callerOf(lab.config({credentials, assumeRole: {arn: roleArn}, mfa}))).toBe(assumed);
  expect(await callerOf(lab.config({profile: 'cutover', mfa: {command}}))).toBe(
    'arn:aws:sts::123456789012:assumed-role/cutover/of-profile',
  );
});

test('without a code, the device is named', async () => {
  await using lab = await opened({mfa: {serial: device, code: '123456'}});
  await expect(callerOf(lab.config({profile: 'cutover', mfa: {}}))).rejects.toMatchObject({
    problem: {
      message: `There are no credentials of profile cutover: no code of the device ${device} is given (mfa)`,
    },
  });
});

test('targets with the same role assume it once', async () => {
  await using lab = await opened();
  const config = lab.config({credentials, assumeRole: {arn: roleArn}});
  await Promise.all([callerOf(config), callerOf({...config})]);
  expect(lab.endpoint.calls('sts', 'AssumeRole')).toBe(1);
});

test('a session that AWS ends in the middle of a run is renewed, and the call is made', async () => {
  await using lab = await opened();
  const clients = clientsOf(lab.config({credentials, assumeRole: {arn: roleArn}}));
  await caller(clients);
  lab.endpoint.endSessions();
  expect(await caller(clients)).toBe(assumed);
  expect(lab.endpoint.calls('sts', 'AssumeRole')).toBe(2);
});

test('keys that are over and that nothing renews are reported, after one more try', async () => {
  await using lab = await opened();
  const {accessKeyId, secretAccessKey, sessionToken} = lab.sessions.grant(assumed, -1, Date.now());
  const config = lab.config({credentials: {accessKeyId, secretAccessKey, sessionToken}});
  await expect(callerOf(config)).rejects.toMatchObject({
    problem: {code: 'aws-credentials-refused'},
  });
});

test('preflight and plan say how long credentials last', async () => {
  await using lab = await opened();
  const config = lab.config({credentials, assumeRole: {arn: roleArn, durationSeconds: 900}});
  await callerOf(config);
  expect(await awsRemarks(config)).toEqual([
    expect.stringMatching(
      /^The credentials of role arn:aws:iam::123456789012:role\/cutover last until \d\d:\d\d UTC \(14 min\); they are renewed before\.$/,
    ),
  ]);
});

test('how long credentials of the default chain last is known from the first answer on', async () => {
  await using lab = await opened();
  writeFileSync(
    join(folder, 'config'),
    `[profile lab]\nregion = eu-central-1\n[profile plain]\nrole_arn = ${roleArn}\nsource_profile = lab\n`,
  );
  vi.stubEnv('AWS_PROFILE', 'plain');
  vi.stubEnv('AWS_ENDPOINT_URL_STS', lab.endpoint.url);
  const config = lab.config({});
  await callerOf(config);
  await expect
    .poll(() => awsRemarks(config))
    .toEqual([
      expect.stringMatching(
        /^The credentials of the default chain last until \d\d:\d\d UTC \(59 min\); they are renewed before\.$/,
      ),
    ]);
});

test('the region: of the target, of its profile, of the environment, of the default profile', async () => {
  expect(await regionOf({region: 'eu-west-3', profile: 'lab'})).toBe('eu-west-3');
  expect(await regionOf({})).toBe('ap-south-1');
  vi.stubEnv('AWS_DEFAULT_REGION', 'sa-east-1');
  expect(await regionOf({profile: 'lab'})).toBe('eu-central-1');
  expect(await regionOf({})).toBe('sa-east-1');
  vi.stubEnv('AWS_REGION', 'ca-central-1');
  expect(await regionOf({})).toBe('ca-central-1');
});

test('an endpoint for one service alone', async () => {
  await using lab = await opened();
  const {url} = lab.endpoint;
  const config = awsConfig.parse({
    endpoint: 'http://127.0.0.1:9',
    endpoints: {sts: url},
    credentials,
  });
  expect(await callerOf(config)).toContain('assumed-role/switcharoo');
});

test('who STS says it is counts, if IAM does not answer before the time is over', async () => {
  const {sts, iam} = createIdentity();
  const late = new DOMException('The time is over', 'TimeoutError');
  let limit = new AbortController();
  let why: unknown = late;
  const handle = iam.handle.bind(iam);
  iam.handle = (request) => {
    limit.abort(why);
    return handle(request);
  };
  await using lab = await started(sts, iam);
  const role = {arn: 'arn:aws:iam::123456789012:role/switcharoo'};
  expect(await principalOf(lab.config, 'the bucket', limit.signal)).toMatchObject(role);
  [limit, why] = [new AbortController(), 'SIGTERM'];
  await expect(principalOf(lab.config, 'the bucket', limit.signal)).rejects.toBe('SIGTERM');
});
