/** A file of a run's own that a reverse proxy reads, and the unit that reads it on a reload. */
export interface OwnFile {
  readonly file: string;
  readonly text: string;
  readonly unit: string;
  /** A command that tests whether the proxy can read its files. */
  readonly test: readonly string[];
}

export interface OwnFileState {
  readonly isThere: boolean;
  /** Whether it has exactly the text. */
  readonly isWritten: boolean;
  /** Whether this entry has started to write it. */
  readonly isOwn: boolean;
  /** Whether this entry has reloaded the proxy with it. */
  readonly isLoaded: boolean;
}

/** The run and the entry that leave something on a host. */
interface Marker {
  readonly id: string;
  readonly entry: string;
}

export interface OwnFileReader {
  ownFile(file: OwnFile, marker: Marker, signal: AbortSignal): Promise<OwnFileState>;
}

export interface OwnFileWriter extends OwnFileReader {
  /** Writes the file, tests and reloads. A text that fails the test is taken out again. */
  putOwnFile(file: OwnFile, marker: Marker, signal: AbortSignal): Promise<void>;
  /** Removes the file if this entry has written it, and reloads. */
  removeOwnFile(file: OwnFile, marker: Marker, signal: AbortSignal): Promise<void>;
}
