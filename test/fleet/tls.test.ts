import {chownSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, vi} from 'vitest';
import {openDatabase} from '../../src/fleet/database.ts';
import {makeTables} from '../../src/fleet/tables.ts';
import {problemsIn} from '../../src/model/problem.ts';
import {certificatesOf} from '../lab/mysql/certificates.ts';
import {type LightFleet, openLightFleet} from './light-fleet.ts';
import {serveLight, startLight, statusOf} from './light-runner.ts';
import {test as anyTest} from './with-postgres.ts';

// A real PostgreSQL that lets nobody in without encryption.

const certificates = certificatesOf(['server', 'other'], 'the tests of an encrypted PostgreSQL');
const test = certificates === null ? anyTest.skip : anyTest;
let own: LightFleet;
beforeAll(async () => {
  own = await openLightFleet();
});
afterAll(async () => {
  await own?.clear();
  certificates?.remove();
});

const data = () => join(own.stateFolder, 'fleet-postgres', 'data');
const reload = async () => {
  await own.database.pool.query('SELECT pg_reload_conf()');
  // The server rereads its files a moment later.
  await expect.poll(() => codeOf(own.database.url)).toBe('fleet-postgres-encryption-needed');
};

async function encrypt(): Promise<void> {
  const {uid, gid} = statSync(data());
  for (const [name, text] of [
    ['server.crt', certificates?.text('server')],
    ['server.key', readFileSync(certificates?.keyFile('server') ?? '', 'utf8')],
  ] as const) {
    writeFileSync(join(data(), name), text ?? '', {mode: 0o600});
    chownSync(join(data(), name), uid, gid);
  }
  await own.database.pool.query('ALTER SYSTEM SET ssl = on');
  writeFileSync(join(data(), 'pg_hba.conf'), 'hostssl all all 127.0.0.1/32 scram-sha-256\n');
  await reload();
}

async function codeOf(url: string): Promise<string> {
  try {
    const database = await openDatabase(own.stateFolder, url);
    await database.close();
    return 'open';
  } catch (error) {
    return problemsIn(error)[0]?.code ?? String(error);
  }
}

const withParameters = (parameters: Readonly<Record<string, string>>) => {
  const url = new URL(own.database.url);
  url.search = `${new URLSearchParams(parameters)}`;
  return url.href;
};

test('a server without encryption says so to a URL that demands it', async () => {
  expect(await codeOf(withParameters({sslmode: 'require'}))).toBe('fleet-postgres-no-encryption');
  expect(await codeOf(withParameters({sslmode: 'disable'}))).toBe('open');
});

test('a fleet is run over encrypted connections to a server whose certificate is verified', async () => {
  await encrypt();
  const warned = vi.spyOn(process, 'emitWarning');
  const ca = certificates?.file('server') ?? '';
  for (const [parameters, code] of [
    [{}, 'fleet-postgres-encryption-needed'],
    [{sslmode: 'require'}, 'fleet-postgres-certificate'],
    [{sslmode: 'verify-full'}, 'fleet-postgres-certificate'],
    [
      {sslmode: 'verify-full', sslrootcert: certificates?.file('other') ?? ''},
      'fleet-postgres-certificate',
    ],
    [{sslmode: 'verify-full', sslrootcert: '/missing.pem'}, 'fleet-database-url-unusable'],
    [{sslmode: 'require', sslrootcert: ca}, 'open'],
  ] as const) {
    expect([parameters, await codeOf(withParameters(parameters))]).toEqual([parameters, code]);
  }
  expect(warned).not.toHaveBeenCalled();
  const verifying = {sslmode: 'verify-full', sslrootcert: ca};

  const light = await openLightFleet({given: withParameters(verifying)});
  try {
    await makeTables(light.database);
    await startLight(light, light.fleetOf('encrypted', {w: ['stock']}), 'w');
    await serveLight(light);
    expect(await statusOf(light, 'encrypted')).toEqual(['stock done']);
    // Those from before the reload stay as they are.
    const {rows} = await light.database.pool.query(
      `SELECT count(*)::int > 0 AS some, bool_and(ssl) AS encrypted
       FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
       WHERE backend_type = 'client backend' AND backend_start > pg_conf_load_time()`,
    );
    expect(rows).toEqual([{some: true, encrypted: true}]);
  } finally {
    await light.clear();
  }
});

test('what is no URL of PostgreSQL is refused without its password', async () => {
  for (const text of [
    'host=db1 password=kept',
    'postgres://fleet:ke#pt@db1/fleet',
    'https://kept@db1',
  ]) {
    const error = await openDatabase(own.stateFolder, text).catch((thrown: unknown) => thrown);
    expect(problemsIn(error)).toMatchObject([{code: 'fleet-database-url-unusable'}]);
    expect(JSON.stringify(problemsIn(error))).not.toContain('kept');
  }
});
