import {randomInt} from 'node:crypto';
import {closeSync, existsSync, fstatSync, openSync, readdirSync, readSync, statSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {SwitcharooError} from '../model/problem.ts';
import {type Disk, realDisk} from './disk.ts';
import {journalEmpty, noRuns, unknownRun} from './problems.ts';
import {type Machine, thisMachine} from './process-identity.ts';

/** Where everything lies that outlives a process: a folder a run, and the locks. */
export class StateFolder {
  readonly path: string;
  readonly disk: Disk;
  /** The one that this process runs on. */
  readonly machine: Machine;
  /** Whether each run has a reserve for a full disk. */
  readonly reserves: boolean;
  /** By run: how long its journal was when it had a whole line. A journal only grows. */
  readonly #sizes = new Map<string, number>();

  constructor(
    path: string,
    disk: Disk = realDisk,
    machine: Machine = thisMachine,
    reserves = true,
  ) {
    this.path = resolve(path);
    this.disk = disk;
    this.machine = machine;
    this.reserves = reserves;
  }

  get locks(): string {
    return join(this.path, 'locks');
  }

  journalOf(run: string): string {
    return join(this.path, run, 'journal.jsonl');
  }

  /**
   * Tells the journal of a run from every copy of it, also from one with the same bytes; `null` when there is none. It
   * stays the same when the folder is moved within its file system.
   */
  journalIdentity(run: string): string | null {
    const stat = statSync(this.journalOf(run), {bigint: true, throwIfNoEntry: false});
    return stat ? `${stat.ino.toString(36)}-${stat.birthtimeNs.toString(36)}` : null;
  }

  /** Newest first: a run's name begins with its time. */
  runs(): readonly string[] {
    return this.folders().filter((name) => !this.#isEmpty(name));
  }

  /** The same as the first of all runs, without opening the journals of the others. */
  newestRun(): string | undefined {
    return this.folders().find((name) => !this.#isEmpty(name));
  }

  /** Folders of processes that ended before the first entry of their run: they changed nothing. */
  emptyRuns(): readonly string[] {
    return this.folders().filter((name) => this.#isEmpty(name));
  }

  /** All of both kinds, newest first. Opens no journal. */
  folders(): readonly string[] {
    const names = existsSync(this.path) ? readdirSync(this.path) : [];
    return names
      .filter((name) => runName.test(name))
      .sort()
      .reverse();
  }

  /** No journal, or one without a whole line. Anything else that cannot be read is damaged, and not empty. */
  #isEmpty(name: string): boolean {
    try {
      // A command asks all runs many times, and there may be thousands.
      const seen = this.#sizes.get(name);
      if (seen !== undefined && statSync(this.journalOf(name)).size >= seen) {
        return false;
      }
      const file = openSync(this.journalOf(name), 'r');
      try {
        const {size} = fstatSync(file);
        const isEmpty = size <= longestTornBytes && isWithoutLine(file);
        if (!isEmpty) {
          this.#sizes.set(name, size);
        }
        return isEmpty;
      } finally {
        closeSync(file);
      }
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ENOENT';
    }
  }

  /** A run by its whole name or its beginning or end; without one, the newest that `suits`. */
  find(name: string | undefined, which: string, suits: (run: string) => boolean): string {
    const runs = this.runs();
    if (name === undefined) {
      const newest = runs.find(suits);
      if (newest === undefined) {
        throw new SwitcharooError(noRuns(this.path, which));
      }
      return newest;
    }
    const exact = runs.filter((run) => run === name);
    const near =
      exact.length > 0 ? exact : runs.filter((run) => run.startsWith(name) || run.endsWith(name));
    const [only] = near;
    const empty = this.emptyRuns().find((run) => run === name);
    if (empty !== undefined) {
      throw new SwitcharooError(journalEmpty(this.journalOf(empty)));
    }
    if (only === undefined || near.length > 1) {
      throw new SwitcharooError(unknownRun(name, this.path));
    }
    return only;
  }
}

/** It holds nothing, or the beginning of one line. No more is read than the first line: many commands ask all runs. */
function isWithoutLine(file: number): boolean {
  const chunk = Buffer.allocUnsafe(16_384);
  for (let isFirst = true; ; isFirst = false) {
    const read = chunk.subarray(0, readSync(file, chunk));
    if (read.length === 0) {
      return true;
    }
    if (read.includes('\n') || (isFirst && !read.toString('latin1', 0, 1).startsWith('{'))) {
      return false;
    }
  }
}

/** A first entry that was cut off is not longer. */
const longestTornBytes = 1_000_000;

const runName = /^\d{8}-\d{6}-[0-9a-f]{4}$/;

/** Whether a text is the whole name of a run. */
export const isRunName = (text: string): boolean => runName.test(text);

/** Names sort by time; the end is the millisecond, and keeps two runs of one millisecond apart, as a rule. */
export function newRunName(now: Date): string {
  const [day, time] = now.toISOString().split('T');
  const digits = (text = '') => text.replaceAll(/\D/g, '');
  const end = now.getUTCMilliseconds() * ofOneMs + randomInt(ofOneMs);
  return `${digits(day)}-${digits(time).slice(0, 6)}-${end.toString(16).padStart(4, '0')}`;
}

/** A thousand times this is no more than four hexadecimal digits hold. */
const ofOneMs = 65;
