import {mkdir} from 'node:fs/promises';
import {join, resolve} from 'node:path';
import {z} from 'zod';
import {defineTarget, type ReportProgress, type Session, SwitcharooError} from '../../src/index.ts';
import {
  buildImage,
  type Engine,
  type EngineKind,
  type ImageToBuild,
  pushImage,
  type RegistryLogin,
  versionOf,
} from './builder/engine.ts';
import {type FilePrint, filesIn} from './builder/files.ts';
import {copyGone, engineMissing} from './builder/problems.ts';
import {type CheckedOut, type Checkout, checkoutsOf} from './git/checkouts.ts';
import {type RemoteRef, type Source, sourcesOf} from './git/sources.ts';

/** What may be asked of the place where images are built. Nothing here changes it. */
export interface BuilderReader {
  readonly name: string;
  /** Where sources lie: the folder of the inventory, and below it one folder an image. */
  folderOf(into: string): string;
  /** As this run finds it. */
  source(into: string, run: string, signal: AbortSignal): Promise<Source>;
  /** What lies in a clone that the run which made it has not put there. */
  addedTo(into: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Where a branch of a clone is; `null` when it is gone. */
  commitOf(into: string, ref: string, signal: AbortSignal): Promise<string | null>;
  /** Whether this run has left half a clone beside the folder. */
  isHalfMade(into: string, run: string): Promise<boolean>;
  remoteRefs(url: string, signal: AbortSignal): Promise<readonly RemoteRef[]>;
  print(path: string, signal: AbortSignal): Promise<FilePrint | null>;
  isKept(digest: string): Promise<boolean>;
  /** The one that would build, with its version; or which were looked for. */
  engine(
    signal: AbortSignal,
  ): Promise<{readonly found: string} | {readonly missing: readonly string[]}>;
}

export interface BuilderWriter extends BuilderReader {
  checkOut(checkout: Omit<Checkout, 'folder'> & {into: string}, signal: AbortSignal): Promise<void>;
  /** Puts back what was checked out there before this run. */
  checkOutAgain(into: string, was: CheckedOut, run: string, signal: AbortSignal): Promise<void>;
  /** Removes a clone that this run made, if nobody has put anything of theirs into it. */
  removeSource(into: string, run: string, signal: AbortSignal): Promise<void>;
  write(path: string, bytes: Uint8Array, mode: number, signal: AbortSignal): Promise<void>;
  keep(path: string, signal: AbortSignal): Promise<void>;
  /** Puts the copy back that was kept of a file, or removes the file where there was none. */
  putBack(path: string, was: FilePrint | null, signal: AbortSignal): Promise<void>;
  build(
    wanted: ImageSource,
    login: RegistryLogin,
    signal: AbortSignal,
    say: ReportProgress,
  ): Promise<void>;
  push(
    image: string,
    login: RegistryLogin,
    signal: AbortSignal,
    say: ReportProgress,
  ): Promise<void>;
}

/** What to build, by where its sources lie. */
export interface ImageSource extends Omit<ImageToBuild, 'platform'> {
  readonly into: string;
}

const builderConfig = z.object({
  /** Sources are checked out below it, and certificates fetched: only its owner may read it. */
  folder: z.string(),
  engine: z.enum(['auto', 'docker', 'buildah']).default('auto'),
  /** Instead of the engine's own name: a path, or a command with options. */
  program: z.array(z.string()).min(1).optional(),
  platform: z.string().default('linux/amd64'),
});
type BuilderConfig = z.output<typeof builderConfig>;

/** This machine as the place where sources are checked out and images are built. */
export const imageBuilder = defineTarget({
  kind: 'image-builder',
  config: builderConfig,
  open: async (config, {name}): Promise<Session<BuilderReader, BuilderWriter>> => {
    const writer = builderOf(name, config);
    return {reader: writer, writer, close: async () => {}};
  },
});

function builderOf(name: string, config: BuilderConfig): BuilderWriter {
  const folder = resolve(config.folder);
  const sources = sourcesOf(name);
  const checkouts = checkoutsOf(name);
  const files = filesIn(folder);
  const folderOf = (into: string) => join(folder, into);
  const engines = enginesOf(config);

  let known: Engine | undefined;
  const working = async (signal: AbortSignal): Promise<Engine | undefined> => {
    for (const engine of known ? [] : engines) {
      if (!known && (await versionOf(engine, signal)) !== undefined) {
        known = engine;
      }
    }
    return known;
  };
  const engineFor = async (signal: AbortSignal): Promise<Engine> => {
    const engine = await working(signal);
    if (!engine) {
      throw new SwitcharooError(engineMissing(name, engines.map(shown)));
    }
    return engine;
  };

  return {
    name,
    folderOf,
    source: (into, run, signal) => sources.source(folderOf(into), run, signal),
    addedTo: (into, signal) => sources.addedTo(folderOf(into), signal),
    commitOf: (into, ref, signal) => sources.commitOf(folderOf(into), ref, signal),
    isHalfMade: (into, run) => sources.isHalfMade(folderOf(into), run),
    remoteRefs: sources.remoteRefs,
    print: (path) => files.print(path),
    isKept: async (digest) => (await files.kept(digest)) !== undefined,
    engine: async (signal) => {
      const engine = await working(signal);
      return engine ? {found: shown(engine)} : {missing: engines.map(shown)};
    },
    checkOut: async ({into, ...checkout}, signal) => {
      signal.throwIfAborted();
      await mkdir(folder, {recursive: true, mode: 0o700});
      await checkouts.checkOut({...checkout, folder: folderOf(into)}, signal);
    },
    checkOutAgain: (into, was, run, signal) =>
      checkouts.checkOutAgain(folderOf(into), was, run, signal),
    removeSource: (into, run, signal) => checkouts.remove(folderOf(into), run, signal),
    write: files.write,
    keep: files.keep,
    putBack: async (path, was, signal) => {
      if (!was) {
        return files.remove(path, signal);
      }
      const kept = await files.kept(was.digest);
      if (!kept) {
        throw new SwitcharooError(copyGone(path, name));
      }
      await files.write(path, kept, was.mode, signal);
    },
    build: async ({into, ...source}, login, signal, say) => {
      const wanted = {
        ...source,
        containerfile: join(folderOf(into), source.containerfile),
        context: join(folderOf(into), source.context),
        platform: config.platform,
      };
      await buildImage(name, await engineFor(signal), wanted, login, signal, say);
    },
    push: async (image, login, signal, say) =>
      pushImage(name, await engineFor(signal), image, login, signal, say),
  };
}

function enginesOf({engine, program}: BuilderConfig): readonly Engine[] {
  const [command, ...options] = program ?? [];
  // A program of one's own is asked in buildah's words, if nothing else is said.
  const auto: readonly EngineKind[] = command === undefined ? ['docker', 'buildah'] : ['buildah'];
  const kinds = engine === 'auto' ? auto : [engine];
  return kinds.map((kind) => ({
    kind,
    program: command === undefined ? [kind] : [command, ...options],
  }));
}

const shown = ({program}: Engine): string => program[0];
