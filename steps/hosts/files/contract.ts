/** A file with its text. The text may hold secrets: it must not reach a verdict, a plan or the journal then. */
export interface TextFile {
  /** As UTF-8. */
  readonly text: string;
  /** As `chmod` takes it: `644`. */
  readonly mode: string;
  /** `root:root` */
  readonly owner: string;
}

/** Reads the files of a host as root, for a step of your own. */
export interface TextFileReader {
  /** `null` where there is no such file. A link is followed. `path` is absolute, below the `root` of the host. */
  readFile(path: string, signal: AbortSignal): Promise<TextFile | null>;
}

/** Writes them. Each write is whole or not there, and is safe to repeat. */
export interface TextFileWriter extends TextFileReader {
  /** A file that is there keeps its mode and its owner, a new one has 644. Its directory must be there. */
  writeFile(path: string, text: string, signal: AbortSignal): Promise<void>;
  /** No matter whether it is there. A link is removed, and not what it leads to. */
  removeFile(path: string, signal: AbortSignal): Promise<void>;
}
