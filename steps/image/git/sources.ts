import {lstat} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {Git} from './git.ts';

/** The content of a folder for sources. */
export type Source =
  | {readonly kind: 'absent'}
  /** Something else: nothing is checked out there. */
  | {readonly kind: 'foreign'; readonly what: string}
  | Clone;

interface Clone {
  readonly kind: 'clone';
  readonly commit: string;
  /** `refs/heads/main`; `null` where its HEAD is detached. */
  readonly branch: string | null;
  /** Files that differ from the commit, without untracked ones. */
  readonly changed: readonly string[];
  /** The run that checked out exactly this commit. */
  readonly run: string | null;
  /** The run that made the clone; `null` where somebody else did. */
  readonly madeBy: string | null;
  /** Whether refs of this run are in it: to the earlier commit, or to one that it fetched and did not check out. */
  readonly isKept: boolean;
}

/** A branch or a tag of a repository, with its commit. */
export interface RemoteRef {
  /** `refs/heads/master`, `refs/tags/v1`. */
  readonly ref: string;
  readonly commit: string;
}

/** Reads clones, and repositories elsewhere, through git. It changes nothing. */
export class Sources {
  readonly #git: Git;

  constructor(builder: string) {
    this.#git = new Git(builder);
  }

  async source(folder: string, run: string, signal: AbortSignal): Promise<Source> {
    const kind = await folderKind(folder);
    if (kind !== 'clone') {
      return kind === 'absent' ? {kind} : {kind: 'foreign', what: kind};
    }
    const ask = (args: readonly string[]) =>
      this.#git.ask(`read what is in ${folder}`, ['-C', folder, ...args], signal);
    const commit = await ask(['rev-parse', '--verify', '--quiet', 'HEAD']);
    if (commit === undefined) {
      return {kind: 'foreign', what: 'a repository without a commit'};
    }
    const branch = (await ask(['symbolic-ref', '--quiet', 'HEAD'])) ?? null;
    const marks = pairsIn(await ask(['config', '--local', '--get-regexp', '^switcharoo\\.']));
    const refs = pairsIn(await ask(['for-each-ref', '--format=%(refname) %(objectname)', ownRefs]));
    const status = await ask(['status', '--porcelain', '--untracked-files=no', '-z']);
    return {
      kind: 'clone',
      commit,
      branch,
      changed: filesIn(status),
      run: refs.get(fetchedRef) === commit ? (marks.get(runKey) ?? null) : null,
      madeBy: marks.get(madeKey) ?? null,
      isKept: refs.has(keptRefOf(run)) || refs.has(newRefOf(run)),
    };
  }

  /** What somebody has added to a clone that a run has made: files, branches, commits. */
  async addedTo(folder: string, signal: AbortSignal): Promise<readonly string[]> {
    const here = ['-C', folder];
    const what = `read what was added to ${folder}`;
    const all = ['--untracked-files=all', '--ignored', '-z'];
    const files = await this.#git.ask(what, [...here, 'status', '--porcelain', ...all], signal);
    const refs = await this.#git.run(
      what,
      [...here, 'for-each-ref', '--format=%(refname)'],
      signal,
    );
    const head = await this.#git.run(what, [...here, 'rev-parse', 'HEAD'], signal);
    const fetched = await this.#git.ask(
      what,
      [...here, 'rev-parse', '-q', '--verify', fetchedRef],
      signal,
    );
    return [
      ...filesIn(files),
      ...refs.split('\n').filter((ref) => ref !== '' && !ref.startsWith(`${ownRefs}/`)),
      ...(head.trim() === fetched ? [] : [`commit ${shortCommit(head)}`]),
    ];
  }

  async commitOf(folder: string, ref: string, signal: AbortSignal): Promise<string | null> {
    const args = ['-C', folder, 'rev-parse', '--verify', '--quiet', `${ref}^{commit}`];
    return (await this.#git.ask(`read where ${ref} is`, args, signal)) ?? null;
  }

  /** Whether a clone that this run started to make, or to remove, is beside the folder. */
  async isHalfMade(folder: string, run: string): Promise<boolean> {
    return (await kindOf(besideOf(folder, run))) !== 'absent';
  }

  async remoteRefs(url: string, signal: AbortSignal): Promise<readonly RemoteRef[]> {
    const listed = await this.#git.run(
      `list the branches and tags of ${url}`,
      ['ls-remote', '--heads', '--tags', '--', url],
      signal,
    );
    const lines = listed.split('\n').filter(Boolean);
    const refs = lines.map((line) => line.split('\t') as [string, string]); // "commit TAB ref" (git-ls-remote(1))
    // An annotated tag is listed twice; the second line has its commit.
    const peeled = new Map(refs.map(([commit, ref]) => [ref, commit]));
    return refs
      .filter(([, ref]) => !ref.endsWith('^{}'))
      .map(([commit, ref]) => ({ref, commit: peeled.get(`${ref}^{}`) ?? commit}));
  }
}

/** Where a run makes a clone, and moves it to remove it. No other run and no inventory uses this folder. */
export const besideOf = (folder: string, run: string): string =>
  join(dirname(folder), `.${basename(folder)}.${safe(run)}`);

const safe = (run: string): string => run.replace(/[^\w-]/g, '_');

/** `clone`, `absent`, or what else it is. Links and linked worktrees are foreign: what they lead to may be shared. */
async function folderKind(folder: string): Promise<string> {
  const is = await kindOf(folder);
  if (is !== 'folder') {
    return is;
  }
  const git = await kindOf(join(folder, '.git'));
  if (git === 'folder') {
    return 'clone';
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

/** Lines `XY name`, each ended by NUL; after a rename the old name follows. */
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

/** All refs of switcharoo in a clone. */
const ownRefs = 'refs/switcharoo';
export const fetchedRef = `${ownRefs}/fetched`;
export const keptRefOf = (run: string): string => `${ownRefs}/before/${safe(run)}`;
export const newRefOf = (run: string): string => `${ownRefs}/new/${safe(run)}`;
export const runKey = 'switcharoo.run';
export const madeKey = 'switcharoo.made';
