/** A file below a directory. */
export interface TreeFile {
  /** Below the directory, without a leading slash. */
  readonly path: string;
  readonly bytes: number;
  /** When its content or its place last changed (ctime), in ms, on the host's clock: nobody can set it back. */
  readonly changedMs: number;
}

export interface FileTree {
  /** The host's clock when it began to read, in ms. */
  readonly nowMs: number;
  readonly files: readonly TreeFile[];
  /** Paths of what is neither a file nor a directory: links, sockets. */
  readonly others: readonly string[];
  /** Files whose names are not UTF-8, as far as they can be read. */
  readonly unreadable: readonly string[];
}

/** A transfer of one file over a signed URL, which is a secret until it expires. */
export interface Transfer {
  /** The whole path. */
  readonly path: string;
  readonly url: string;
  readonly contentType: string;
}

/** `gone`: it was removed meanwhile. `changed`: it was written to meanwhile. `failed`: in curl's words, or S3's. */
export type TransferEnd =
  | {readonly path: string; readonly is: 'moved' | 'gone' | 'changed'}
  | {readonly path: string; readonly is: 'failed'; readonly why: string};

export type TreeState = 'ready' | 'no-directory' | 'no-curl';

export type Hash = 'md5' | 'sha256';

/** Reads the files below a directory. */
export interface TreeReader {
  /** `null` where there is no such directory. */
  tree(directory: string, signal: AbortSignal): Promise<FileTree | null>;
  /** Whether there is such a directory, and curl, which sends and fetches. */
  treeState(directory: string, signal: AbortSignal): Promise<TreeState>;
  /** Sends each file with one PUT, one after another. An end for each, in their order. */
  sendFiles(files: readonly Transfer[], signal: AbortSignal): Promise<readonly TransferEnd[]>;
  /** In hexadecimal, by path; a file that is not there has none. */
  hashes(
    paths: readonly string[],
    hash: Hash,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, string>>;
}

export interface TreeWriter extends TreeReader {
  /**
   * Fetches each file whole, then puts it in its place. It has the owner and the mode of the file that it replaces, or
   * those of its directory.
   */
  fetchFiles(files: readonly Transfer[], signal: AbortSignal): Promise<readonly TransferEnd[]>;
}
