import {spawn, spawnSync} from 'node:child_process';
import {chmodSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, expect} from 'vitest';
import {type FleetDatabase, openDatabase} from '../../src/fleet/database.ts';
import {makeAllTables} from '../../src/fleet/tables.ts';
import {problemsIn} from '../../src/model/problem.ts';
import {endWithTest} from '../end-with-test.ts';
import {freePort} from '../lab/mysql/databases.ts';
import {type LightFleet, openLightFleet} from './light-fleet.ts';
import {test as anyTest} from './with-postgres.ts';

const hasPooler = spawnSync('pgbouncer', ['-V']).error === undefined;
if (!hasPooler) {
  console.warn('SKIPPED: the tests of a pooler: there is no pgbouncer here');
}
const test = hasPooler ? anyTest : anyTest.skip;

let light: LightFleet;
let folder: string;
beforeAll(async () => {
  light = await openLightFleet();
  folder = mkdtempSync(join(tmpdir(), 'switcharoo-pooler-'));
  // PgBouncer refuses to run as root, and its user reads the settings.
  chmodSync(folder, 0o755);
});
afterAll(async () => {
  rmSync(folder, {recursive: true, force: true});
  await light?.clear();
});

/** As `fleet init`, and as a runner begins. */
async function through(mode: string, more = ''): Promise<void> {
  let database: FleetDatabase | undefined;
  const {hostname, port, username, password} = new URL(light.database.url);
  const listen = await freePort();
  const file = join(folder, `${mode}${more.length}.ini`);
  writeFileSync(
    file,
    `[databases]
postgres = host=${hostname} port=${port} user=${username} password=${password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${listen}
unix_socket_dir =
auth_type = any
pool_mode = ${mode}
${more}
`,
  );
  const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const pooler = spawn('pgbouncer', [...user, file], {stdio: ['ignore', 'ignore', 'pipe']});
  endWithTest(pooler);
  await new Promise<void>((resolve) => {
    pooler.stderr.on('data', (text: Buffer) => `${text}`.includes('process up') && resolve());
  });
  try {
    database = await openDatabase('', `postgres://any@127.0.0.1:${listen}/postgres`);
    await makeAllTables(database);
  } finally {
    await database?.close();
    pooler.kill('SIGTERM');
  }
}

const refusal = (mode: string, more?: string) =>
  through(mode, more).then(
    () => 'open',
    (error: unknown) => problemsIn(error)[0]?.message.replace(/^\S+/, 'it'),
  );

const passing = 'ignore_startup_parameters = statement_timeout,idle_in_transaction_session_timeout';

test('a fleet refuses a pooler that takes the limits of a session, or gives a session to several clients', async () => {
  const limits =
    'it is a pooler that does not let a client set the limits of its session: unsupported startup parameter: statement_timeout.';
  expect(await refusal('session')).toBe(limits);
  expect(await refusal('transaction')).toBe(limits);
  expect(await refusal('transaction', passing)).toBe(
    'it is a pooler that gives one session of PostgreSQL to several clients in turn.',
  );
  expect(await refusal('session', passing)).toBe('open');
});
