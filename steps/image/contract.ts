import type {ReportProgress} from '../../src/index.ts';
import type {EngineKind, ImageToBuild, RegistryLogin} from './builder/engine.ts';
import type {FilePrint} from './builder/files.ts';
import type {CheckedOut, Checkout} from './git/checkouts.ts';
import type {RemoteRef, Source} from './git/sources.ts';

export interface BuilderConfig {
  readonly folder: string;
  readonly engine: 'auto' | EngineKind;
  readonly program?: readonly string[] | undefined;
  readonly platform: string;
}

/** What may be asked of the place where images are built. Nothing here changes it. */
export interface BuilderReader {
  readonly name: string;
  /** Where sources are: the folder of the inventory, and in it one folder an image. */
  folderOf(into: string): string;
  /** What is in a folder, with the marks of this run. */
  source(into: string, run: string, signal: AbortSignal): Promise<Source>;
  /** What is in a clone that the run which made it did not put there. */
  addedTo(into: string, signal: AbortSignal): Promise<readonly string[]>;
  /** The commit of a branch of a clone; `null` where the branch was deleted. */
  commitOf(into: string, ref: string, signal: AbortSignal): Promise<string | null>;
  /** Whether this run has left half a clone beside the folder. */
  isHalfMade(into: string, run: string): Promise<boolean>;
  remoteRefs(url: string, signal: AbortSignal): Promise<readonly RemoteRef[]>;
  print(path: string, signal: AbortSignal): Promise<FilePrint | null>;
  /** Whether there is a copy of a replaced file. */
  hasCopy(digest: string): Promise<boolean>;
  /** The engine that would build; or the programs of which none works. */
  engine(
    signal: AbortSignal,
  ): Promise<{readonly program: string} | {readonly missing: readonly string[]}>;
}

export interface BuilderWriter extends BuilderReader {
  checkOut(checkout: Omit<Checkout, 'folder'> & {into: string}, signal: AbortSignal): Promise<void>;
  /** Restores what was checked out there before this run. */
  restoreSource(into: string, was: CheckedOut, run: string, signal: AbortSignal): Promise<void>;
  /** Removes a clone that this run made, if nobody has added anything to it. */
  removeSource(into: string, run: string, signal: AbortSignal): Promise<void>;
  write(path: string, bytes: Uint8Array, mode: number, signal: AbortSignal): Promise<void>;
  /** Keeps a copy of a file that is about to be replaced. */
  keep(path: string, signal: AbortSignal): Promise<void>;
  /** Writes the copy of a replaced file again, or removes the file where there was none. */
  restoreFile(path: string, was: FilePrint | null, signal: AbortSignal): Promise<void>;
  build(
    image: ImageSource,
    login: RegistryLogin,
    signal: AbortSignal,
    report: ReportProgress,
  ): Promise<void>;
  push(
    image: string,
    login: RegistryLogin,
    signal: AbortSignal,
    report: ReportProgress,
  ): Promise<void>;
}

/** An image to build. `containerfile` and `context` are paths in the folder `into`. */
export interface ImageSource extends Omit<ImageToBuild, 'platform'> {
  readonly into: string;
}
