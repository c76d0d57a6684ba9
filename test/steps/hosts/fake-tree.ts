import {createHash} from 'node:crypto';
import type {
  FileTree,
  Hash,
  Transfer,
  TransferEnd,
  TreeState,
  TreeWriter,
} from '../../../steps/hosts/tree/contract.ts';

/** The files of a fake host below a directory. It really sends and fetches. */
export class FakeTree implements TreeWriter {
  readonly #texts: Map<string, string>;
  readonly #seen = new Map<string, {readonly text: string; readonly changedMs: number}>();

  constructor(texts: Map<string, string>) {
    this.#texts = texts;
  }

  #changedMs(path: string, text: string): number {
    const seen = this.#seen.get(path);
    if (seen?.text === text) {
      return seen.changedMs;
    }
    const changedMs = Date.now();
    this.#seen.set(path, {text, changedMs});
    return changedMs;
  }

  async treeState(directory: string): Promise<TreeState> {
    return this.#below(directory).length > 0 ? 'ready' : 'no-directory';
  }

  #below = (directory: string) =>
    [...this.#texts].filter(([path]) => path.startsWith(`${directory}/`));

  async tree(directory: string): Promise<FileTree | null> {
    const files = this.#below(directory).map(([path, text]) => ({
      path: path.slice(directory.length + 1),
      bytes: Buffer.byteLength(text),
      changedMs: this.#changedMs(path, text),
    }));
    return {nowMs: Date.now(), files, others: [], unreadable: []};
  }

  async hashes(paths: readonly string[], hash: Hash) {
    return new Map(
      paths.flatMap((path) => {
        const text = this.#texts.get(path);
        return text === undefined
          ? []
          : [[path, createHash(hash).update(text).digest('hex')] as const];
      }),
    );
  }

  async sendFiles(files: readonly Transfer[], signal: AbortSignal) {
    const ends: TransferEnd[] = [];
    for (const {path, url} of files) {
      const body = this.#texts.get(path);
      if (body === undefined) {
        ends.push({path, is: 'gone'});
      } else {
        const {ok, status} = await globalThis.fetch(url, {method: 'PUT', body, signal});
        ends.push(ok ? {path, is: 'moved'} : {path, is: 'failed', why: `HTTP ${status}`});
      }
    }
    return ends;
  }

  async fetchFiles(files: readonly Transfer[], signal: AbortSignal) {
    const ends: TransferEnd[] = [];
    for (const {path, url} of files) {
      const answer = await globalThis.fetch(url, {signal});
      if (answer.ok) {
        this.#texts.set(path, await answer.text());
      }
      ends.push(
        answer.ok ? {path, is: 'moved'} : {path, is: 'failed', why: `HTTP ${answer.status}`},
      );
    }
    return ends;
  }
}
