import type {ObjectStore, PageKey} from '../../model/object-store.ts';
import {type Problem, SwitcharooError} from '../../model/problem.ts';
import {messageOf} from '../../model/thrown.ts';
import {pageMark} from '../../report/index.ts';
import type {LiveFeed} from './feed.ts';
import {stateMark} from './files.ts';

/** A page that hears nothing for six seconds calls itself out of date. */
const aliveEveryMs = 2_000;
/** A browser reads it once, and without JavaScript every two seconds. */
const pageEveryMs = 2_000;
const limitMs = 3_000;

const never = new AbortController().signal;

/**
 * The page of a run as two objects in the store of its journals. A store may keep each version for a year, so nothing
 * is written without need: what has changed, a sign of life, and once the run is over, its report and nothing more.
 * Browsers that show the page ask for `state.json` alone, so a change is there after one write. Only a page with other
 * parts is written first: they load it as soon as the state names it.
 */
export class StoreFiles {
  readonly #store: ObjectStore;
  readonly #folder: PageKey;
  #tag = '';
  /** What `index.html` shows. */
  #page = {tag: '', structure: '', atMs: Number.NEGATIVE_INFINITY};
  #isReport = false;
  #writtenAtMs = Number.NEGATIVE_INFINITY;

  /** Of one run, or of the newest one. */
  constructor(store: ObjectStore, run: string | undefined) {
    this.#store = store;
    this.#folder = run === undefined ? 'live/' : `live/${run}/`;
  }

  get url(): string {
    return `${this.#store.place}/${this.#folder}index.html`;
  }

  /** Throws if the store does not answer, or has an `index.html` or a `state.json` there that is not ours. */
  async refuseOthers(signal: AbortSignal): Promise<void> {
    for (const [name, mark] of [
      ['index.html', pageMark],
      ['state.json', stateMark],
    ] as const) {
      const key = `${this.#folder}${name}`;
      const text = await this.#ask(signal, (limited) => this.#store.read(key, limited));
      if (text !== null && !text.includes(mark)) {
        throw new SwitcharooError(pageUnwritable(this.url, `${key} was not written by switcharoo`));
      }
    }
  }

  async write(feed: LiveFeed, signal: AbortSignal): Promise<void> {
    const nowMs = performance.now();
    const tag = feed.tag();
    if (tag === this.#tag && (this.#isReport || nowMs - this.#writtenAtMs < aliveEveryMs)) {
      return;
    }
    const report = feed.report();
    const made = feed.state();
    const state = report === undefined ? made : {...made, structure: 'ended'};
    const page = () => this.#put('index.html', report ?? feed.html('files'), signal);
    const isOther = state.structure !== this.#page.structure;
    // What is not written now of a report is never written: nothing follows it.
    const isDue =
      tag !== this.#page.tag && (report !== undefined || nowMs - this.#page.atMs >= pageEveryMs);
    if (isOther) {
      await page();
    }
    await allEnded([
      this.#put('state.json', JSON.stringify(state), signal),
      ...(isDue && !isOther ? [page()] : []),
    ]);
    if (isOther || isDue) {
      this.#page = {tag, structure: state.structure, atMs: nowMs};
    }
    this.#tag = tag;
    this.#isReport = report !== undefined;
    this.#writtenAtMs = nowMs;
  }

  /** A run that ended a moment ago leaves its report all the same. */
  async end(feed: LiveFeed): Promise<void> {
    if (feed.report() !== undefined) {
      await this.write(feed, never);
    }
  }

  #put(name: keyof typeof types, text: string, signal: AbortSignal): Promise<void> {
    const page = {text, type: types[name]};
    return this.#ask(signal, (limited) =>
      this.#store.publish(`${this.#folder}${name}`, page, limited),
    );
  }

  async #ask<Result>(
    signal: AbortSignal,
    ask: (limited: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const limit = AbortSignal.timeout(limitMs);
    try {
      return await ask(AbortSignal.any([signal, limit]));
    } catch (cause) {
      const why = limit.aborted ? 'the store does not answer' : messageOf(cause);
      throw new SwitcharooError(pageUnwritable(this.url, why), {cause});
    }
  }
}

/** One that is still in flight after the other has failed could replace what is written next. */
async function allEnded(writes: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(writes);
  for (const result of results) {
    if (result.status === 'rejected') {
      throw result.reason;
    }
  }
}

const types = {
  'index.html': 'text/html; charset=utf-8',
  'state.json': 'application/json; charset=utf-8',
} as const;

const pageUnwritable = (url: string, why: string): Problem => ({
  code: 'live-page-unwritable',
  message: `The page of the run cannot be written to ${url}: ${why}.`,
  hint: 'Check the network and the account. If AWS does not allow it, use the policies that "store init" prints. If somebody else has a page there, use another prefix.',
});
