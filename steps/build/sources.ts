import {existsSync} from 'node:fs';
import {mkdir, rename, rm} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {SwitcharooError} from '../../src/index.ts';
import {gitFailed, refMoved} from './problems.ts';
import {runProgram} from './program.ts';

/** What lies in a folder where sources belong. */
export type Source =
  | {readonly kind: 'absent'}
  /** Something that git does not know, or has no commit of. */
  | {readonly kind: 'foreign'}
  | {
      readonly kind: 'clone';
      readonly commit: string;
      /** Files that differ from the commit. Those that git does not follow are not among them. */
      readonly changed: readonly string[];
      /** The run that checked it out. */
      readonly run: string | null;
    };

/** A branch or a tag of a repository, with the commit it is at. */
export interface RemoteRef {
  /** `refs/heads/master`, `refs/tags/v1`. */
  readonly ref: string;
  readonly commit: string;
}

export interface Checkout {
  readonly url: string;
  readonly ref: string;
  readonly commit: string;
  readonly folder: string;
  readonly run: string;
}

const readLimitMs = 20_000;
const fetchLimitMs = 10 * 60_000;

/** git on this machine. It asks nobody: a question would hang the run. */
export function gitOf(builder: string) {
  const git = async (
    what: string,
    args: readonly string[],
    signal: AbortSignal,
    limitMs = readLimitMs,
  ): Promise<string> => {
    const ended = await runProgram(['git', ...args], {signal, limitMs, env: quiet});
    if (ended.code !== 0) {
      const said = ended.timedOut ? `it took longer than ${limitMs / 1_000} s` : ended.said;
      throw new SwitcharooError(gitFailed(builder, what, said));
    }
    return ended.stdout;
  };

  async function fetchInto(
    folder: string,
    {url, ref, commit, run}: Checkout,
    signal: AbortSignal,
  ): Promise<void> {
    const here = ['-C', folder];
    const fetched = ['fetch', '--quiet', '--no-tags', '--depth', '1', '--', url];
    await git(
      `fetch ${ref} from ${url}`,
      [...here, ...fetched, `+${ref}:${fetchedRef}`],
      signal,
      fetchLimitMs,
    );
    const is = await git('read it', [...here, 'rev-parse', `${fetchedRef}^{commit}`], signal);
    if (is.trim() !== commit) {
      throw new SwitcharooError(refMoved(ref, shortCommit(is.trim()), shortCommit(commit)));
    }
    await git('check it out', [...here, 'checkout', '--quiet', '--detach', commit], signal);
    await git('mark it', [...here, 'config', runKey, run], signal);
  }

  return {
    async source(folder: string, signal: AbortSignal): Promise<Source> {
      if (!existsSync(folder)) {
        return {kind: 'absent'};
      }
      if (!existsSync(join(folder, '.git'))) {
        return {kind: 'foreign'};
      }
      const here = ['-C', folder];
      const asked = {signal, limitMs: readLimitMs, env: quiet};
      const head = await runProgram(
        ['git', ...here, 'rev-parse', '--verify', '--quiet', 'HEAD'],
        asked,
      );
      if (head.code !== 0) {
        return {kind: 'foreign'};
      }
      const run = await runProgram(['git', ...here, 'config', '--get', runKey], asked);
      const changed = ['status', '--porcelain', '--untracked-files=no', '-z'];
      const status = await git('tell what is changed', [...here, ...changed], signal);
      return {
        kind: 'clone',
        commit: head.stdout.trim(),
        changed: status
          .split('\0')
          .filter(Boolean)
          .map((line) => line.slice(3)),
        run: run.code === 0 ? run.stdout.trim() : null,
      };
    },

    async remoteRefs(url: string, signal: AbortSignal): Promise<readonly RemoteRef[]> {
      const listed = await git(
        `list the branches and tags of ${url}`,
        ['ls-remote', '--heads', '--tags', '--', url],
        signal,
      );
      const lines = listed.split('\n').filter(Boolean);
      const refs = lines.map((line) => line.split('\t') as [string, string]); // "commit TAB ref" (git-ls-remote(1))
      // An annotated tag is listed twice; the second line has the commit that it means.
      const peeled = new Map(refs.map(([commit, ref]) => [ref, commit]));
      return refs
        .filter(([, ref]) => !ref.endsWith('^{}'))
        .map(([commit, ref]) => ({ref, commit: peeled.get(`${ref}^{}`) ?? commit}));
    },

    /** Beside it at first, and moved in whole: a clone that was broken off is never taken for one. */
    async checkOut(checkout: Checkout, signal: AbortSignal): Promise<void> {
      if (existsSync(join(checkout.folder, '.git'))) {
        return fetchInto(checkout.folder, checkout, signal);
      }
      const beside = `${checkout.folder}.new`;
      await rm(beside, {recursive: true, force: true});
      signal.throwIfAborted();
      await mkdir(dirname(beside), {recursive: true, mode: 0o700});
      await git('begin a repository', ['init', '--quiet', beside], signal);
      await fetchInto(beside, checkout, signal);
      signal.throwIfAborted();
      await rename(beside, checkout.folder);
    },

    // The mark goes first: without it a look sees a commit that is not what this run wants, whatever happens next.
    async checkOutAgain(folder: string, commit: string, signal: AbortSignal): Promise<void> {
      signal.throwIfAborted();
      await runProgram(['git', '-C', folder, 'config', '--unset', runKey], {
        signal,
        limitMs: readLimitMs,
        env: quiet,
      });
      const again = ['-C', folder, 'checkout', '--quiet', '--detach', commit];
      await git(`check out ${shortCommit(commit)} again`, again, signal);
    },

    async remove(folder: string, signal: AbortSignal): Promise<void> {
      signal.throwIfAborted();
      await rm(folder, {recursive: true, force: true});
    },
  };
}

export const shortCommit = (commit: string): string => commit.slice(0, 12);

const fetchedRef = 'refs/switcharoo/fetched';
const runKey = 'switcharoo.run';
const quiet = {
  GIT_TERMINAL_PROMPT: '0',
  GIT_SSH_COMMAND: process.env['GIT_SSH_COMMAND'] ?? 'ssh -o BatchMode=yes -o ConnectTimeout=5',
};
