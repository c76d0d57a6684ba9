import {chmodSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {afterAll, beforeAll, beforeEach, expect, test} from 'vitest';
import {type EcsLab, startEcsLab} from '../lab/aws/ecs-lab.ts';
import {type Desk, lastDocument, openDesk} from './switcharoo.ts';

// The real program against the lab's AWS. A command is a real process there; the plugin of ECS Exec is a stand-in
// that writes down how it was started.
let lab: EcsLab;
let desk: Desk;
let inventory: string;
const pathBefore = process.env['PATH'] ?? '';

beforeAll(async () => {
  lab = await startEcsLab({desiredCount: 1, enableExecuteCommand: true});
  await lab.ecs.steady();
  desk = openDesk();
  inventory = join(desk.stateFolder, 'small.yaml');
  writeFileSync(
    join(desk.stateFolder, 'aws-secret'),
    lab.config.credentials?.secretAccessKey ?? '',
  );
  const credentials = `{accessKeyId: ${lab.config.credentials?.accessKeyId}, secretAccessKey: {file: ${join(desk.stateFolder, 'aws-secret')}}}`;
  const service = `kind: ecs-service, cluster: shop, service: web, endpoint: '${lab.config.endpoint}', credentials: ${credentials}`;
  writeFileSync(
    inventory,
    `name: small\ntargets:\n  api: {${service}}\n  site: {kind: site, resolver: 127.0.0.1:53}\n`,
  );
});

afterAll(async () => {
  process.env['PATH'] = pathBefore;
  await lab.stop();
  await desk.clear();
});

beforeEach(() => {
  process.env['PATH'] = pathBefore;
});

const task = (script: string) =>
  ['task', '--service', 'api', '-i', inventory, '--yes', '--', 'sh', '-c', script] as const;

test('a command runs in a task of the service: its log is all of stdout, and its exit code is the exit code', async () => {
  const ended = await desk.run(...task('echo "$DATABASE_HOST"; echo "two  words"; exit 7'));
  expect(ended).toMatchObject({code: 7, stdout: 'db1\ntwo  words\n'});
  expect(ended.stderr).toMatch(/exit code 7, task [0-9a-f]{32}, run \S+\n$/);
  expect(ended.stderr.replaceAll(/\s+/g, ' ')).toContain(
    'run sh -c "echo \\"$DATABASE_HOST\\"; echo \\"two words\\"; exit 7" in a task of its own',
  );
});

test('killed while the command runs, resume follows the same task to its end', async () => {
  const started = lab.endpoint.calls('ecs', 'RunTask');
  const file = join(desk.stateFolder, 'go');
  const first = desk.start(
    ...task(`echo begun; until [ -e ${file} ]; do sleep 0.05; done; echo over`),
  );
  await first.said('begun');
  first.child.kill('SIGKILL');
  await first.ended;
  writeFileSync(file, '');

  const resumed = await desk.run('resume', '--yes', '--json');
  expect(resumed.code, resumed.stdout + resumed.stderr).toBe(0);
  expect(lastDocument(resumed)).toMatchObject({outcome: 'done'});
  expect(resumed.stdout).toContain('{"kind":"event","entry":"command","text":"over"}');
  expect(lab.endpoint.calls('ecs', 'RunTask') - started).toBe(1);
});

test('what the journal holds of it: the command, and not the secret of the inventory', async () => {
  const {stdout} = await desk.run('runs', '--json');
  const [, run = ''] = /"run":"([^"]+)"/.exec(stdout) ?? [];
  const journal = readFileSync(join(desk.stateFolder, run, 'journal.jsonl'), 'utf8');
  expect(journal).toContain('"targets":{"service":"api"}');
  expect(journal).toContain('sh -c');
  expect(journal).not.toContain(lab.config.credentials?.secretAccessKey);
});

test('shell opens ECS Exec through the plugin, whose token is in no process list', async () => {
  const ended = await shell('1.2.707.0', '--', 'rails', 'console', "it's");
  expect(ended.stderr).toMatch(
    /^into container shop of task [0-9a-f]{32} of the service web of cluster shop\n$/,
  );
  expect(ended.code).toBe(5);
  const [words = '', session = ''] = ended.stdout.split('\n');
  expect(words).toMatch(
    /^AWS_SSM_START_SESSION_RESPONSE us-east-1 StartSession {2}\{"Target":"ecs:shop_[0-9a-f]{32}_[0-9a-f]{32}-\d+"\} http:\/\/127\.0\.0\.1:\d+$/,
  );
  expect(JSON.parse(session)).toEqual({
    sessionId: expect.stringMatching(/^ecs-execute-command-[0-9a-f]{16}$/),
    streamUrl: expect.stringMatching(/^wss:\/\/ssmmessages\.us-east-1\.amazonaws\.com\//),
    tokenValue: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});

test.each(['1.2.463.0', '1.2.497.0', 'v1.2.707.0', ''])(
  'a plugin of version "%s", which might show the token in the process list, is refused',
  async (version) => {
    const ended = await shell(version);
    expect(ended).toMatchObject({code: 3, stdout: ''});
    expect(ended.stderr).toContain('session-manager-plugin-old');
  },
);

test('without the plugin, without such a task, and for another kind of target it says what to do', async () => {
  process.env['PATH'] = dirname(process.execPath);
  const missing = await desk.run('shell', '--service', 'api', '-i', inventory);
  expect(missing).toMatchObject({code: 3, stdout: ''});
  expect(missing.stderr).toContain('session-manager-plugin-missing');
  expect(missing.stderr).toContain('https://docs.aws.amazon.com/systems-manager/latest/userguide/');

  const stranger = await shell('1.2.707.0', '--task', 'zzz');
  expect(stranger.stderr).toContain('has an id that begins with zzz; there are');
  const other = await desk.run('shell', '--service', 'site', '-i', inventory);
  expect(other.stderr).toContain('target-wrong-kind');
});

/** With a plugin of this version on the PATH that writes down how it is started, and exits with 5. */
function shell(version: string, ...words: readonly string[]) {
  const folder = join(desk.stateFolder, `plugin-${version}`);
  mkdirSync(folder, {recursive: true});
  const file = join(folder, 'session-manager-plugin');
  writeFileSync(
    file,
    `#!/bin/sh\nif [ "$1" = --version ]; then echo ${version}; exit 0; fi\necho "$*"; echo "$AWS_SSM_START_SESSION_RESPONSE"; exit 5\n`,
  );
  chmodSync(file, 0o755);
  process.env['PATH'] = `${folder}:${pathBefore}`;
  return desk.run('shell', '--service', 'api', '-i', inventory, ...words);
}
