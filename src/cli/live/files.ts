import {existsSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {SwitcharooError} from '../../model/problem.ts';
import {messageOf} from '../../model/thrown.ts';
import {pageMark} from '../../report/index.ts';
import type {LiveFeed} from './feed.ts';

/**
 * The page of a run as two files that a web server can serve: `index.html`, and `state.json`, which proves every
 * second that somebody still writes it.
 */
export class LiveFiles {
  readonly #folder: string;
  #tag = '';

  /** Throws if the folder is missing, or has an `index.html` that is not ours. */
  constructor(folder: string) {
    this.#folder = folder;
    const page = join(folder, 'index.html');
    if (!existsSync(folder)) {
      throw new SwitcharooError(filesUnwritable(folder, 'there is no such folder'));
    }
    if (existsSync(page) && !readFileSync(page, 'utf8').includes(pageMark)) {
      throw new SwitcharooError(
        filesUnwritable(folder, 'its index.html is not a page of switcharoo'),
      );
    }
  }

  write(feed: LiveFeed): void {
    if (feed.tag() !== this.#tag) {
      this.#put('index.html', feed.html('files'));
      this.#tag = feed.tag();
    }
    this.#put('state.json', JSON.stringify(feed.state()));
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
      writeFileSync(`${path}.new`, text, {mode: 0o644});
      renameSync(`${path}.new`, path);
    } catch (cause) {
      throw new SwitcharooError(filesUnwritable(this.#folder, messageOf(cause)), {cause});
    }
  }
}

const filesUnwritable = (folder: string, why: string) => ({
  code: 'live-files-unwritable',
  message: `The page of the run cannot be written to ${folder}: ${why}.`,
  hint: 'Use --to with an empty folder that you may write to.',
});
