import {lstat} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {gitOn} from './git.ts';

/** What lies in a folder where sources belong. */
export type Source =
  | {readonly kind: 'absent'}
  /** Something that nothing is checked out into. */
  | {readonly kind: 'foreign'; readonly what: string}
  | Clone;

export interface Clone {
  readonly kind: 'clone';
  readonly commit: string;
  /** `refs/heads/main`; `null` where its HEAD is detached. */
  readonly branch: string | null;
  /** Files that differ from the commit. Those that git does not follow are not among them. */
  readonly changed: readonly string[];
  /** The run that checked out this very commit. */
  readonly run: string | null;
  /** The run that made the clone; `null` where it is somebody's own. */
  readonly madeBy: string | null;
  /** Whether this run keeps in it what was checked out before, or what it has fetched and not checked out. */
  readonly isKept: boolean;
}

/** A branch or a tag of a repository, with the commit it is at. */
export interface RemoteRef {
  /** `refs/heads/master`, `refs/tags/v1`. */
  readonly ref: string;
  readonly commit: string;
}

/** What git tells of folders and of repositories elsewhere. Nothing here changes anything. */
export function sourcesOf(builder: string) {
  const git = gitOn(builder);

  return {
    async source(folder: string, run: string, signal: AbortSignal): Promise<Source> {
      const strange = await whyNoClone(folder);
      if (strange !== null) {
        return strange === 'absent' ? {kind: 'absent'} : {kind: 'foreign', what: strange};
      }
      const asking = (args: readonly string[], no?: number) =>
        git.ask(`tell what is in ${folder}`, ['-C', folder, ...args], signal, no);
      const commit = await asking(['rev-parse', '--verify', '--quiet', 'HEAD']);
      if (commit === undefined) {
        return {kind: 'foreign', what: 'a repository without a commit'};
      }
      const branch = (await asking(['symbolic-ref', '--quiet', 'HEAD'])) ?? null;
      const marks = pairsIn(await asking(['config', '--local', '--get-regexp', '^switcharoo\\.']));
      const refs = pairsIn(
        await asking(['for-each-ref', '--format=%(refname) %(objectname)', ownRefs]),
      );
      const status = await asking(['status', '--porcelain', '--untracked-files=no', '-z']);
      return {
        kind: 'clone',
        commit,
        branch,
        changed: filesIn(status),
        run: refs.get(fetchedRef) === commit ? (marks.get(runKey) ?? null) : null,
        madeBy: marks.get(madeKey) ?? null,
        isKept: refs.has(keptRefOf(run)) || refs.has(newRefOf(run)),
      };
    },

    /** What somebody has put into a clone that a run has made: files, branches, commits. */
    async addedTo(folder: string, signal: AbortSignal): Promise<readonly string[]> {
      const here = ['-C', folder];
      const what = `tell what was added to ${folder}`;
      const all = ['--untracked-files=all', '--ignored', '-z'];
      const files = await git.ask(what, [...here, 'status', '--porcelain', ...all], signal);
      const refs = await git.run(what, [...here, 'for-each-ref', '--format=%(refname)'], signal);
      const head = await git.run(what, [...here, 'rev-parse', 'HEAD'], signal);
      const fetched = await git.ask(
        what,
        [...here, 'rev-parse', '-q', '--verify', fetchedRef],
        signal,
      );
      return [
        ...filesIn(files),
        ...refs.split('\n').filter((ref) => ref !== '' && !ref.startsWith(`${ownRefs}/`)),
        ...(head.trim() === fetched ? [] : [`commit ${shortCommit(head)}`]),
      ];
    },

    async commitOf(folder: string, ref: string, signal: AbortSignal): Promise<string | null> {
      const asked = ['-C', folder, 'rev-parse', '--verify', '--quiet', `${ref}^{commit}`];
      return (await git.ask(`tell where ${ref} is`, asked, signal)) ?? null;
    },

    /** Whether a clone that this run began to make, or to remove, lies beside the folder. */
    isHalfMade: async (folder: string, run: string): Promise<boolean> =>
      (await kindOf(besideOf(folder, run))) !== 'absent',

    async remoteRefs(url: string, signal: AbortSignal): Promise<readonly RemoteRef[]> {
      const listed = await git.run(
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
  };
}

/** Where a run makes a clone before it has its name, and takes it to remove it: no other run's, and no folder of the inventory's. */
export const besideOf = (folder: string, run: string): string =>
  join(dirname(folder), `.${basename(folder)}.${safe(run)}`);

const safe = (run: string): string => run.replace(/[^\w-]/g, '_');

/** A link leads who knows where, and a linked worktree shares its repository with others: neither is touched. */
async function whyNoClone(folder: string): Promise<string | null> {
  const is = await kindOf(folder);
  if (is !== 'folder') {
    return is;
  }
  const git = await kindOf(join(folder, '.git'));
  if (git === 'folder') {
    return null;
  }
  return git === 'a file' ? 'a worktree of a repository elsewhere' : 'no checkout of git';
}

async function kindOf(path: string): Promise<'absent' | 'folder' | 'a file' | 'a link'> {
  try {
    const stat = await lstat(path);
    return stat.isDirectory() ? 'folder' : stat.isSymbolicLink() ? 'a link' : 'a file';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return 'absent';
    }
    throw error;
  }
}

/** `XY name`, NUL after each; a rename has its old name behind it. */
const filesIn = (status = ''): readonly string[] =>
  status
    .split('\0')
    .filter((line) => /^[ MTADRCU?!]{2} /.test(line))
    .map((line) => line.slice(3));

const pairsIn = (text = ''): ReadonlyMap<string, string> =>
  new Map(
    text
      .split('\n')
      .filter(Boolean)
      .map(
        (line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)] as const,
      ),
  );

export const shortCommit = (commit: string): string => commit.slice(0, 12);

/** All that this program leaves in a clone. */
const ownRefs = 'refs/switcharoo';
export const fetchedRef = `${ownRefs}/fetched`;
export const keptRefOf = (run: string): string => `${ownRefs}/before/${safe(run)}`;
export const newRefOf = (run: string): string => `${ownRefs}/new/${safe(run)}`;
export const runKey = 'switcharoo.run';
export const madeKey = 'switcharoo.made';
