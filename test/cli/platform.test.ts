import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {platform} from '../../src/cli/actions/doctor.ts';
import {startSecondOf} from '../../src/journal/process-identity.ts';
import {root} from '../docs/pages.ts';

interface Locked {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly hasInstallScript?: boolean;
}
const locked: Readonly<Record<string, Locked>> = JSON.parse(
  readFileSync(join(root, 'package-lock.json'), 'utf8'),
).packages;

/** Where Node finds a package that another one needs: beside it, or in a folder above. */
function placeOf(from: string, name: string): string | undefined {
  const place = `${from === '' ? '' : `${from}/`}node_modules/${name}`;
  return place in locked
    ? place
    : from === ''
      ? undefined
      : placeOf(from.slice(0, Math.max(0, from.lastIndexOf('/node_modules/'))), name);
}

/** All that `npm install switcharoo` brings, on any platform. */
function packagesAtRunTime(): ReadonlyMap<string, Locked> {
  const places = new Map<string, Locked>();
  const waiting = Object.keys(locked['']?.dependencies ?? {}).map((name) => placeOf('', name));
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    const entry = locked[place] ?? {};
    if (!places.has(place)) {
      places.set(place, entry);
      const names = Object.keys({...entry.dependencies, ...entry.optionalDependencies});
      const from = place;
      waiting.push(...names.flatMap((name) => placeOf(from, name) ?? []));
    }
  }
  return places;
}

describe('macOS and arm64', () => {
  const all = packagesAtRunTime();
  /** It bundles runbooks, and has a part for each platform, and one of WebAssembly for all others. */
  const bundler = 'node_modules/@rolldown/binding-';

  test('need no package that is for one platform, but for the part of the bundler of runbooks', () => {
    expect(all.size).toBeGreaterThan(50);
    const native = [...all].filter(([, {os, cpu}]) => os || cpu).map(([place]) => place);
    expect(native.filter((place) => !place.startsWith(bundler))).toEqual([]);
    const parts = native.map((place) => place.slice(bundler.length));
    expect(parts).toEqual(
      expect.arrayContaining([
        'darwin-arm64',
        'darwin-x64',
        'linux-arm64-gnu',
        'linux-x64-gnu',
        'wasm32-wasi',
      ]),
    );
  });

  test('need no script on install, and no compiled file', () => {
    const scripts = [...all].filter(([, {hasInstallScript}]) => hasInstallScript);
    expect(scripts.map(([place]) => place)).toEqual([]);
    const compiled = [...all.keys()]
      .filter((place) => !place.startsWith(bundler) && existsSync(join(root, place)))
      .flatMap((place) =>
        readdirSync(join(root, place), {recursive: true, encoding: 'utf8'})
          .filter((file) => /(\.node|binding\.gyp)$/.test(file))
          .map((file) => `${place}/${file}`),
      );
    // What WebAssembly needs is installed only where it is used.
    expect(compiled).toEqual([]);
  });

  test('are told by doctor that only the lab needs Linux on x64', () => {
    expect(platform('linux', 'x64')).toEqual({check: 'platform', result: 'linux x64', ok: true});
    expect(platform('darwin', 'arm64')).toEqual({
      check: 'platform',
      result: 'darwin arm64',
      ok: true,
      hint: 'Everything but the lab works here: only "rehearse", "drill" and "lab" need Linux on x64, for MySQL 5.6.',
    });
  });

  test('tell a process that runs from one that has ended, without /proc', async () => {
    const child = spawn('sleep', ['60']);
    const pid = child.pid ?? 0;
    const began = startSecondOf(pid);
    expect(began).toEqual(expect.any(Number));
    expect(startSecondOf(pid)).toBe(began);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(startSecondOf(pid)).toBeNull();
  });
});
