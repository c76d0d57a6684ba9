import {existsSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {SwitcharooError} from '../../model/problem.ts';
import {messageOf} from '../../model/thrown.ts';
import {pageMark} from '../../report/index.ts';
import type {LiveFeed} from './feed.ts';

/** A page that hears nothing for six seconds calls itself out of date. */
const aliveEveryMs = 1_000;

/**
 * The page of a run as two files that a web server can serve: `index.html`, and `state.json`, which proves every
 * second that somebody still writes it.
 */
export class LiveFiles {
  readonly #folder: string;
  #tag = '';
  #writtenAtMs = Number.NEGATIVE_INFINITY;

  /** Throws if the folder is missing, or has an `index.html` or a `state.json` that is not ours. */
  constructor(folder: string) {
    this.#folder = folder;
    if (!existsSync(folder)) {
      throw new SwitcharooError(filesUnwritable(folder, 'there is no such folder'));
    }
    if (!textIn(folder, 'index.html', pageMark).includes(pageMark)) {
      throw new SwitcharooError(
        filesUnwritable(folder, 'its index.html is not a page of switcharoo'),
      );
    }
    if (!textIn(folder, 'state.json', stateMark).includes(stateMark)) {
      throw new SwitcharooError(
        filesUnwritable(folder, 'its state.json was not written by switcharoo'),
      );
    }
  }

  get url(): string {
    return pathToFileURL(join(this.#folder, 'index.html')).href;
  }

  write(feed: LiveFeed): void {
    const [tag, nowMs] = [feed.tag(), performance.now()];
    const isNew = tag !== this.#tag;
    if (!isNew && nowMs - this.#writtenAtMs < aliveEveryMs) {
      return;
    }
    if (isNew) {
      this.#put('index.html', feed.html('files'));
    }
    this.#put('state.json', JSON.stringify(feed.state()));
    [this.#tag, this.#writtenAtMs] = [tag, nowMs];
  }

  /** If the run is over, leaves a page without a script, which would otherwise call itself out of date. */
  end(feed: LiveFeed): void {
    const report = feed.report();
    if (report !== undefined) {
      this.#put('index.html', report);
      this.#put('state.json', JSON.stringify({...feed.state(), structure: 'ended'}));
    }
  }

  /** A reader sees the earlier file, or this one as a whole. */
  #put(name: string, text: string): void {
    const path = join(this.#folder, name);
    try {
      // A link of this name would lead to a file of somebody else.
      rmSync(`${path}.new`, {force: true});
      writeFileSync(`${path}.new`, text, {mode: 0o644, flag: 'wx'});
      renameSync(`${path}.new`, path);
    } catch (cause) {
      throw new SwitcharooError(filesUnwritable(this.#folder, messageOf(cause)), {cause});
    }
  }
}

/** Of each state that was ever written. */
export const stateMark = '"madeAtUtc":"';

function textIn(folder: string, name: string, orElse: string): string {
  const path = join(folder, name);
  try {
    return existsSync(path) ? readFileSync(path, 'utf8') : orElse;
  } catch (cause) {
    throw new SwitcharooError(filesUnwritable(folder, messageOf(cause)), {cause});
  }
}

const filesUnwritable = (folder: string, why: string) => ({
  code: 'live-files-unwritable',
  message: `The page of the run cannot be written to ${folder}: ${why}.`,
  hint: 'Use --to with an empty folder that you may write to.',
});
