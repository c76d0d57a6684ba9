import {sha256} from '../../model/canonical.ts';
import {type Followed, pageHtml, pageState, type RunPage, waitingHtml} from '../../report/index.ts';
import type {LiveRun} from '../../run/live-run.ts';
import {timeAfter} from '../../run/machine-clock.ts';
import {isOver} from '../../run/past-runs.ts';
import type {DocumentOf} from '../documents/index.ts';
import type {Feed} from './server.ts';

type State = DocumentOf<'page-state'>;
type Content = Omit<State, 'madeAtUtc' | 'nowUtc'>;

/** Anything that was read longer ago is not shown. */
const freshMs = 3_000;

/** What the viewers of a run are shown: made once for all of them, and again when something has changed. */
export class LiveFeed implements Feed {
  readonly #run: LiveRun;
  #page: RunPage | undefined;
  #content: Content = contentOf(undefined, 'The journals are being read.');
  #tag = '';
  #lookedAtMs = Number.NEGATIVE_INFINITY;

  constructor(run: LiveRun) {
    this.#run = run;
  }

  /** `away`: why the journal read here is not up to date. */
  look(away?: string): void {
    const {page, trouble} = this.#run.look(away);
    if (page === undefined || page !== this.#page) {
      this.#page = page;
      this.#content = contentOf(page, trouble ?? '');
      this.#tag = sha256(JSON.stringify(this.#content)).slice(0, 32);
    }
    this.#lookedAtMs = performance.now();
  }

  isFresh(): boolean {
    return performance.now() - this.#lookedAtMs < freshMs;
  }

  tag(): string {
    return this.#tag;
  }

  nowUtc(): string | null {
    const page = this.#page;
    return page === undefined || page.trouble !== undefined
      ? null
      : (timeAfter(page.progress.last)?.toISOString() ?? null);
  }

  state(): State {
    return {...this.#content, madeAtUtc: new Date().toISOString(), nowUtc: this.nowUtc()};
  }

  html(from: Followed): string {
    const page = this.#page;
    const following = {from, tag: this.#quotedTag()};
    if (page === undefined) {
      return waitingHtml(this.#content.trouble ?? '', following);
    }
    const now = page.trouble === undefined ? timeAfter(page.progress.last) : page.now;
    return pageHtml({...page, now}, {...following, seq: page.progress.seq});
  }

  /** The page as a report, once the run is over. */
  report(): string | undefined {
    const page = this.#page;
    return page && page.trouble === undefined && isOver(page.progress) ? pageHtml(page) : undefined;
  }

  #quotedTag(): string {
    return `"${this.#tag}"`;
  }
}

function contentOf(page: RunPage | undefined, trouble: string): Content {
  if (page === undefined) {
    const nothing = {run: null, outcome: null, seq: null, structure: 'none', parts: {}, next: []};
    return {...nothing, title: 'switcharoo: no run yet', news: trouble, trouble};
  }
  const {report, progress} = page;
  return {
    ...{run: report.run, outcome: report.outcome, seq: progress.seq},
    trouble: page.trouble ?? null,
    ...pageState(page),
    next: [],
  };
}
