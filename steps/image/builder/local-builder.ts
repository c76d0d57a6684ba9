import {mkdir} from 'node:fs/promises';
import {join, resolve} from 'node:path';
import {type ReportProgress, SwitcharooError} from '../../../src/index.ts';
import type {BuilderConfig, BuilderWriter, ImageSource} from '../contract.ts';
import {type CheckedOut, type Checkout, Checkouts} from '../git/checkouts.ts';
import {type RemoteRef, type Source, Sources} from '../git/sources.ts';
import {
  type Engine,
  type EngineKind,
  ImageEngine,
  type RegistryLogin,
  versionOf,
} from './engine.ts';
import {type FilePrint, FolderFiles} from './files.ts';
import {copyMissing, engineMissing} from './problems.ts';

/** Sources, files and an engine on this machine. */
export class LocalBuilder implements BuilderWriter {
  readonly name: string;
  readonly #folder: string;
  readonly #platform: string;
  readonly #engines: readonly Engine[];
  readonly #sources: Sources;
  readonly #checkouts: Checkouts;
  readonly #files: FolderFiles;
  #working: Engine | undefined;

  constructor(name: string, config: BuilderConfig) {
    this.name = name;
    this.#folder = resolve(config.folder);
    this.#platform = config.platform;
    this.#engines = enginesOf(config);
    this.#sources = new Sources(name);
    this.#checkouts = new Checkouts(name);
    this.#files = new FolderFiles(this.#folder);
  }

  folderOf(into: string): string {
    return join(this.#folder, into);
  }

  source(into: string, run: string, signal: AbortSignal): Promise<Source> {
    return this.#sources.source(this.folderOf(into), run, signal);
  }

  addedTo(into: string, signal: AbortSignal): Promise<readonly string[]> {
    return this.#sources.addedTo(this.folderOf(into), signal);
  }

  commitOf(into: string, ref: string, signal: AbortSignal): Promise<string | null> {
    return this.#sources.commitOf(this.folderOf(into), ref, signal);
  }

  isHalfMade(into: string, run: string): Promise<boolean> {
    return this.#sources.isHalfMade(this.folderOf(into), run);
  }

  remoteRefs(url: string, signal: AbortSignal): Promise<readonly RemoteRef[]> {
    return this.#sources.remoteRefs(url, signal);
  }

  print(path: string): Promise<FilePrint | null> {
    return this.#files.print(path);
  }

  async hasCopy(digest: string): Promise<boolean> {
    return (await this.#files.copy(digest)) !== undefined;
  }

  async engine(
    signal: AbortSignal,
  ): Promise<{readonly program: string} | {readonly missing: readonly string[]}> {
    const engine = await this.#workingEngine(signal);
    return engine ? {program: engine.program[0]} : {missing: this.#engines.map(programOf)};
  }

  async checkOut(
    {into, ...checkout}: Omit<Checkout, 'folder'> & {into: string},
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    await mkdir(this.#folder, {recursive: true, mode: 0o700});
    await this.#checkouts.checkOut({...checkout, folder: this.folderOf(into)}, signal);
  }

  restoreSource(into: string, was: CheckedOut, run: string, signal: AbortSignal): Promise<void> {
    return this.#checkouts.restore(this.folderOf(into), was, run, signal);
  }

  removeSource(into: string, run: string, signal: AbortSignal): Promise<void> {
    return this.#checkouts.remove(this.folderOf(into), run, signal);
  }

  write(path: string, bytes: Uint8Array, mode: number, signal: AbortSignal): Promise<void> {
    return this.#files.write(path, bytes, mode, signal);
  }

  keep(path: string, signal: AbortSignal): Promise<void> {
    return this.#files.keep(path, signal);
  }

  async restoreFile(path: string, was: FilePrint | null, signal: AbortSignal): Promise<void> {
    if (!was) {
      return this.#files.remove(path, signal);
    }
    const copy = await this.#files.copy(was.digest);
    if (!copy) {
      throw new SwitcharooError(copyMissing(path, this.name));
    }
    await this.#files.write(path, copy, was.mode, signal);
  }

  async build(
    {into, ...image}: ImageSource,
    login: RegistryLogin,
    signal: AbortSignal,
    report: ReportProgress,
  ): Promise<void> {
    const build = {
      ...image,
      containerfile: join(this.folderOf(into), image.containerfile),
      context: join(this.folderOf(into), image.context),
      platform: this.#platform,
    };
    await (await this.#imageEngine(signal)).build(build, login, signal, report);
  }

  async push(
    image: string,
    login: RegistryLogin,
    signal: AbortSignal,
    report: ReportProgress,
  ): Promise<void> {
    await (await this.#imageEngine(signal)).push(image, login, signal, report);
  }

  async #workingEngine(signal: AbortSignal): Promise<Engine | undefined> {
    for (const engine of this.#working ? [] : this.#engines) {
      if (!this.#working && (await versionOf(engine, signal)) !== undefined) {
        this.#working = engine;
      }
    }
    return this.#working;
  }

  async #imageEngine(signal: AbortSignal): Promise<ImageEngine> {
    const engine = await this.#workingEngine(signal);
    if (!engine) {
      throw new SwitcharooError(engineMissing(this.name, this.#engines.map(programOf)));
    }
    return new ImageEngine(this.name, engine);
  }
}

function enginesOf({engine, program}: BuilderConfig): readonly Engine[] {
  const [command, ...options] = program ?? [];
  // A program of the inventory takes buildah's arguments, unless the inventory names docker.
  const auto: readonly EngineKind[] = command === undefined ? ['docker', 'buildah'] : ['buildah'];
  const kinds = engine === 'auto' ? auto : [engine];
  return kinds.map((kind) => ({
    kind,
    program: command === undefined ? [kind] : [command, ...options],
  }));
}

const programOf = ({program}: Engine): string => program[0];
