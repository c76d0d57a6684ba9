import {mkdir, rename, rm} from 'node:fs/promises';
import {dirname} from 'node:path';
import {SwitcharooError} from '../../../src/index.ts';
import {branchMoved, foreignFiles, refMoved} from '../builder/problems.ts';
import {Git} from './git.ts';
import {
  besideOf,
  fetchedRef,
  keptRefOf,
  madeKey,
  newRefOf,
  runKey,
  type Source,
  Sources,
  shortCommit,
} from './sources.ts';

export interface Checkout {
  readonly url: string;
  readonly ref: string;
  readonly commit: string;
  readonly folder: string;
  readonly run: string;
}

/** What was checked out before. */
export interface CheckedOut {
  readonly commit: string;
  readonly branch: string | null;
  readonly run: string | null;
}

const fetchLimitMs = 10 * 60_000;

/** Checks out what a run builds, and restores what was checked out before. */
export class Checkouts {
  readonly #builder: string;
  readonly #git: Git;
  readonly #sources: Sources;

  constructor(builder: string) {
    this.#builder = builder;
    this.#git = new Git(builder);
    this.#sources = new Sources(builder);
  }

  /** Makes a new clone beside the folder and moves it there whole: half a clone is never taken for one. */
  async checkOut(checkout: Checkout, signal: AbortSignal): Promise<void> {
    const {folder, run} = checkout;
    const source = await this.#sources.source(folder, run, signal);
    if (source.kind === 'clone') {
      return this.#checkOutIn(folder, checkout, source.madeBy !== null, signal);
    }
    const beside = besideOf(folder, run);
    await rm(beside, {recursive: true, force: true});
    signal.throwIfAborted();
    await mkdir(dirname(beside), {recursive: true, mode: 0o700});
    await this.#git.run('begin a repository', ['init', '--quiet', beside], signal);
    const mark = ['-C', beside, 'config', '--local', madeKey, run];
    await this.#git.run('mark it', mark, signal);
    await this.#checkOutIn(beside, checkout, true, signal);
    signal.throwIfAborted();
    // It refuses where anything but an empty folder has appeared there meanwhile.
    await rename(beside, folder);
  }

  /**
   * Removes the mark of the run first, and sets last what a check compares: a half restored clone is never taken for
   * whole.
   */
  async restore(
    folder: string,
    {commit, branch, run}: CheckedOut,
    by: string,
    signal: AbortSignal,
  ): Promise<void> {
    const at = branch === null ? commit : await this.#sources.commitOf(folder, branch, signal);
    if (at !== commit) {
      throw new SwitcharooError(branchMoved(this.#builder, folder, branch ?? '', at, commit));
    }
    const what = `check out ${shortCommit(commit)} again`;
    const here = (...args: readonly string[]) =>
      this.#git.run(what, ['-C', folder, ...args], signal);
    await this.#git.ask('unmark it', ['-C', folder, ...unmarking], signal, notMarked);
    if (!isAt(await this.#sources.source(folder, by, signal), commit)) {
      await here(...checkingOut, commit, '--');
    }
    await here('update-ref', '-d', newRefOf(by));
    await here('update-ref', ...(run === null ? ['-d', fetchedRef] : [fetchedRef, commit]));
    if (run !== null) {
      await here('config', '--local', runKey, run);
    }
    if (branch !== null) {
      await here('symbolic-ref', 'HEAD', branch);
    }
    await here('update-ref', '-d', keptRefOf(by));
  }

  /** Moves the clone aside first: half a clone is never taken for one in which somebody has deleted files. */
  async remove(folder: string, run: string, signal: AbortSignal): Promise<void> {
    const beside = besideOf(folder, run);
    const source = await this.#sources.source(folder, run, signal);
    if (source.kind === 'clone') {
      const added = await this.#sources.addedTo(folder, signal);
      if (source.madeBy !== run || added.length > 0) {
        throw new SwitcharooError(
          foreignFiles(this.#builder, folder, source.madeBy === run ? added : []),
        );
      }
      await rm(beside, {recursive: true, force: true});
      signal.throwIfAborted();
      await rename(folder, beside);
    }
    signal.throwIfAborted();
    await rm(beside, {recursive: true, force: true});
  }

  async #checkOutIn(
    folder: string,
    {url, ref, commit, run}: Checkout,
    isMade: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const here = (what: string, ...args: readonly string[]) =>
      this.#git.run(what, ['-C', folder, ...args], signal, fetchLimitMs);
    const head = await this.#git.ask('read where it is', ['-C', folder, ...headCommit], signal);
    // A fetch of limited depth would cut off the history of somebody's own clone (git-fetch(1), --depth).
    const depth = isMade ? ['--depth', '1'] : [];
    const fetching = [...asItIs, 'fetch', '--quiet', '--no-tags', '--no-recurse-submodules'];
    await here(
      `fetch ${ref} from ${url}`,
      ...fetching,
      ...depth,
      '--',
      url,
      `+${ref}:${newRefOf(run)}`,
    );
    const fetched = await here('read it', 'rev-parse', `${newRefOf(run)}^{commit}`);
    if (fetched.trim() !== commit) {
      throw new SwitcharooError(refMoved(ref, shortCommit(fetched.trim()), shortCommit(commit)));
    }
    if (head !== undefined && head !== commit) {
      // Without a ref to it, git deletes the commit after a while.
      await here('keep what is checked out', 'update-ref', keptRefOf(run), head);
    }
    await here('check it out', ...checkingOut, commit, '--');
    await this.#git.ask('mark it', ['-C', folder, ...unmarking], signal, notMarked);
    await here('mark it', 'update-ref', fetchedRef, commit);
    await here('mark it', 'update-ref', '-d', newRefOf(run));
    await here('mark it', 'config', '--local', runKey, run);
  }
}

const isAt = (source: Source, commit: string): boolean =>
  source.kind === 'clone' && source.commit === commit;

const headCommit = ['rev-parse', '--verify', '--quiet', 'HEAD'];
/** No housekeeping in a clone that may be somebody's own. */
const asItIs = ['-c', 'gc.auto=0', '-c', 'maintenance.auto=false'];
// An ignored file would be overwritten without a word (git-checkout(1), --no-overwrite-ignore).
const checkingOut = [
  ...['-c', 'submodule.recurse=false', '-c', 'advice.detachedHead=false'],
  ...['checkout', '--quiet', '--no-overwrite-ignore', '--detach'],
];
const unmarking = ['config', '--local', '--unset', runKey];
/** The exit code where the key to unset does not exist (git-config(1)). */
const notMarked = 5;
