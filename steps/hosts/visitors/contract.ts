/** A place in an access log: its file by the inode, and a size in bytes. */
interface LogMark {
  readonly file: string;
  readonly size: number;
}

export interface VisitsRequest {
  readonly ports: readonly number[];
  readonly logs: readonly {
    readonly path: string;
    /** Lines are counted from there; without it, none is. */
    readonly from?: LogMark | undefined;
  }[];
  /** Addresses that are not counted, and texts in lines of the logs that are not. */
  readonly ignore: readonly string[];
}

/** Who visited a host. */
export interface Visits {
  /** Whether the host has ss(8). */
  readonly canSee: boolean;
  /** Those who are connected, or were within the last minute. */
  readonly remotes: readonly {readonly address: string; readonly count: number}[];
  /** Those of the logs that are there, as they are now. */
  readonly logs: readonly ({
    readonly path: string;
    /** Lines since the mark. A log that was rotated counts from its beginning. */
    readonly added: number;
  } & LogMark)[];
}

export interface VisitsReader {
  visits(request: VisitsRequest, signal: AbortSignal): Promise<Visits>;
}
