import {createHash} from 'node:crypto';
import {mkdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {gunzipSync, gzipSync} from 'node:zlib';
import {elapsedMs, type Moment} from '../model/moment.ts';
import type {Keeper} from '../model/target.ts';
import {version} from '../version.ts';
import {MachineClock, timeAfter} from './machine-clock.ts';

interface Kept {
  readonly by: string;
  readonly at: Moment;
  readonly value: unknown;
}

/** One compressed file for each thing that is kept; only this version of switcharoo reads it. */
export function keeperIn(stateFolder: string): Keeper {
  const clock = new MachineClock();
  const began = {
    atUtc: clock.now().toISOString(),
    monotonic: {mark: clock.mark, ms: clock.monotonic()},
  };
  const folder = join(stateFolder, 'kept');
  const fileOf = (what: string): string =>
    join(folder, `${createHash('sha256').update(what).digest('hex')}.json.gz`);
  return {
    kept: (what, maxAgeMs) => {
      const file = fileOf(what);
      try {
        const {by, at, value} = JSON.parse(gunzipSync(readFileSync(file)).toString()) as Kept;
        const now = timeAfter(at);
        const ageMs = now && elapsedMs(new Date(at.atUtc), now);
        if (by === version && ageMs !== null && ageMs <= maxAgeMs) {
          return {value, ageMs};
        }
      } catch {
        // Missing or damaged: it is read from the system again.
      }
      removed(file);
      return null;
    },
    keep: (what, value) => {
      const file = fileOf(what);
      // One name: what a process leaves that is killed here, the next one overwrites.
      const unfinished = `${file}.unfinished`;
      try {
        mkdirSync(folder, {recursive: true, mode: 0o700});
        const kept: Kept = {by: version, at: began, value};
        writeFileSync(unfinished, gzipSync(JSON.stringify(kept), {level: 1}), {mode: 0o600});
        renameSync(unfinished, file);
      } catch {
        // A full disk, a folder of somebody else: the next command reads it from the system.
        removed(unfinished);
      }
    },
  };
}

function removed(file: string): void {
  try {
    rmSync(file, {force: true});
  } catch {
    // Its age says that it is of no use.
  }
}
