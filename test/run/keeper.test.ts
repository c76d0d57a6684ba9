import {mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {gunzipSync, gzipSync} from 'node:zlib';
import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {keeperIn} from '../../src/run/keeper.ts';

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'keeper-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(state, {recursive: true, force: true});
});

const files = () => readdirSync(join(state, 'kept')).map((name) => join(state, 'kept', name));
const minute = 60_000;

test('the next command gets what was kept, and nothing else', () => {
  keeperIn(state).keep('catalogue of a', {rows: [1, null, 'ü']});
  const {value, ageMs} = keeperIn(state).kept('catalogue of a', minute) ?? {};
  expect(value).toEqual({rows: [1, null, 'ü']});
  expect(ageMs).toBeGreaterThanOrEqual(0);
  expect(ageMs).toBeLessThan(minute);
  expect(keeperIn(state).kept('catalogue of b', minute)).toBeNull();
  expect(files().map((file) => statSync(file).mode & 0o777)).toEqual([0o600]);
  keeperIn(state).keep('catalogue of a', 'newer');
  expect(keeperIn(state).kept('catalogue of a', minute)?.value).toBe('newer');
  expect(files()).toHaveLength(1);
});

test('what is too old is removed; its age counts from the moment at which its command began', () => {
  const up = process.hrtime.bigint();
  const keeper = keeperIn(state);
  vi.spyOn(process.hrtime, 'bigint').mockReturnValue(up + 7n * 60_000_000_000n);
  keeper.keep('catalogue', 'read');
  vi.restoreAllMocks();
  expect(files()).toHaveLength(1);
  expect(keeperIn(state).kept('catalogue', -1)).toBeNull();
  expect(files()).toEqual([]);
});

test('a clock that was set makes nothing younger', async () => {
  keeperIn(state).keep('catalogue', 'read');
  // The time since the boot comes in hundredths of a second.
  await sleep(30);
  const now = Date.now();
  vi.spyOn(Date, 'now').mockReturnValue(now - 60 * minute);
  const ageMs = keeperIn(state).kept('catalogue', minute)?.ageMs;
  expect(ageMs).toBeGreaterThan(0);
  expect(ageMs).toBeLessThan(minute);
  vi.spyOn(Date, 'now').mockReturnValue(now + 60 * minute);
  expect(keeperIn(state).kept('catalogue', minute)?.value).toBe('read');
});

test('what another version has kept is not read, and what a killed process left is overwritten', () => {
  keeperIn(state).keep('catalogue', 'read');
  const [file = ''] = files();
  const kept = JSON.parse(gunzipSync(readFileSync(file)).toString());
  writeFileSync(file, gzipSync(JSON.stringify({...kept, by: '0.0.0'})));
  expect(keeperIn(state).kept('catalogue', minute)).toBeNull();
  writeFileSync(`${file}.unfinished`, 'half of');
  keeperIn(state).keep('catalogue', 'read again');
  expect(files()).toEqual([file]);
  expect(keeperIn(state).kept('catalogue', minute)?.value).toBe('read again');
});

test('a damaged file, and a folder that cannot be written, are as if nothing was kept', () => {
  keeperIn(state).keep('catalogue', 'read');
  for (const file of files()) {
    writeFileSync(file, 'damaged');
  }
  expect(keeperIn(state).kept('catalogue', minute)).toBeNull();
  rmSync(join(state, 'kept'), {recursive: true});
  writeFileSync(join(state, 'kept'), 'a file');
  keeperIn(state).keep('catalogue', 'read');
  expect(keeperIn(state).kept('catalogue', minute)).toBeNull();
});
