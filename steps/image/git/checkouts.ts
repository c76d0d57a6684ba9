import {mkdir, rename, rm} from 'node:fs/promises';
import {dirname} from 'node:path';
import {SwitcharooError} from '../../../src/index.ts';
import {branchMoved, notOnlyOurs, refMoved} from '../builder/problems.ts';
import {gitOn} from './git.ts';
import {
  besideOf,
  fetchedRef,
  keptRefOf,
  madeKey,
  newRefOf,
  runKey,
  type Source,
  shortCommit,
  sourcesOf,
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

/** Checks out, and puts back what was there. */
export function checkoutsOf(builder: string) {
  const git = gitOn(builder);
  const sources = sourcesOf(builder);

  async function checkOutIn(
    folder: string,
    {url, ref, commit, run}: Checkout,
    isMade: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const here = (what: string, ...args: readonly string[]) =>
      git.run(what, ['-C', folder, ...args], signal, fetchLimitMs);
    const head = await git.ask('tell where it is', ['-C', folder, ...headCommit], signal);
    // A fetch of limited depth would cut off the history of a clone that is somebody's own (git-fetch(1), --depth).
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
      // Nothing else may hold it, and git throws away after a while what nothing holds.
      await here('keep what is checked out', 'update-ref', keptRefOf(run), head);
    }
    await here('check it out', ...checkingOut, commit, '--');
    await git.ask('mark it', ['-C', folder, ...unmarking], signal, notMarked);
    await here('mark it', 'update-ref', fetchedRef, commit);
    await here('mark it', 'update-ref', '-d', newRefOf(run));
    await here('mark it', 'config', '--local', runKey, run);
  }

  return {
    /** Beside it at first, and moved in whole: a clone that was broken off is never taken for one. */
    async checkOut(checkout: Checkout, signal: AbortSignal): Promise<void> {
      const {folder, run} = checkout;
      const source = await sources.source(folder, run, signal);
      if (source.kind === 'clone') {
        return checkOutIn(folder, checkout, source.madeBy !== null, signal);
      }
      const beside = besideOf(folder, run);
      await rm(beside, {recursive: true, force: true});
      signal.throwIfAborted();
      await mkdir(dirname(beside), {recursive: true, mode: 0o700});
      await git.run('begin a repository', ['init', '--quiet', beside], signal);
      const mark = ['-C', beside, 'config', '--local', madeKey, run];
      await git.run('mark it', mark, signal);
      await checkOutIn(beside, checkout, true, signal);
      signal.throwIfAborted();
      // It refuses where anything but an empty folder has appeared there meanwhile.
      await rename(beside, folder);
    },

    /** Our own mark goes first, and what a look compares comes last: half of the way is never taken for the whole. */
    async checkOutAgain(
      folder: string,
      {commit, branch, run}: CheckedOut,
      by: string,
      signal: AbortSignal,
    ): Promise<void> {
      const at = branch === null ? commit : await sources.commitOf(folder, branch, signal);
      if (at !== commit) {
        throw new SwitcharooError(branchMoved(builder, folder, branch ?? '', at, commit));
      }
      const here = (what: string, ...args: readonly string[]) =>
        git.run(what, ['-C', folder, ...args], signal);
      await git.ask('unmark it', ['-C', folder, ...unmarking], signal, notMarked);
      const again = `check out ${shortCommit(commit)} again`;
      const is = await sources.source(folder, by, signal);
      if (!isAt(is, commit)) {
        await here(again, ...checkingOut, commit, '--');
      }
      await here(again, 'update-ref', '-d', newRefOf(by));
      await here(
        again,
        'update-ref',
        ...(run === null ? ['-d', fetchedRef] : [fetchedRef, commit]),
      );
      if (run !== null) {
        await here(again, 'config', '--local', runKey, run);
      }
      if (branch !== null) {
        await here(again, 'symbolic-ref', 'HEAD', branch);
      }
      await here(again, 'update-ref', '-d', keptRefOf(by));
    },

    /** Taken aside at once: half of a clone is never taken for one in which somebody has deleted files. */
    async remove(folder: string, run: string, signal: AbortSignal): Promise<void> {
      const beside = besideOf(folder, run);
      const source = await sources.source(folder, run, signal);
      if (source.kind === 'clone') {
        const added = await sources.addedTo(folder, signal);
        if (source.madeBy !== run || added.length > 0) {
          throw new SwitcharooError(
            notOnlyOurs(builder, folder, source.madeBy === run ? added : []),
          );
        }
        await rm(beside, {recursive: true, force: true});
        signal.throwIfAborted();
        await rename(folder, beside);
      }
      signal.throwIfAborted();
      await rm(beside, {recursive: true, force: true});
    },
  };
}

const isAt = (source: Source, commit: string): boolean =>
  source.kind === 'clone' && source.commit === commit;

const headCommit = ['rev-parse', '--verify', '--quiet', 'HEAD'];
/** Nothing is tidied up in a clone that may be somebody's own. */
const asItIs = ['-c', 'gc.auto=0', '-c', 'maintenance.auto=false'];
// An ignored file would be overwritten without a word (git-checkout(1), --no-overwrite-ignore).
const checkingOut = [
  ...['-c', 'submodule.recurse=false', '-c', 'advice.detachedHead=false'],
  ...['checkout', '--quiet', '--no-overwrite-ignore', '--detach'],
];
const unmarking = ['config', '--local', '--unset', runKey];
/** git-config(1): what was to be unset is not there. */
const notMarked = 5;
