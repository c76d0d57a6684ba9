import {setTimeout as sleep} from 'node:timers/promises';
import type {EngineEvent, Observe} from '../engine/events.ts';
import type {Journal} from '../journal/contract.ts';
import type {Redactor} from '../journal/redactor.ts';
import type {JournalEntry} from '../model/journal.ts';
import {doVisitorsWait} from '../model/outage.ts';
import type {Problem} from '../model/problem.ts';
import {progressOf} from '../model/progress.ts';
import {type SpanFact, SpanFacts} from '../traces/span-facts.ts';
import {openTraceSender, type TraceSender} from '../traces/trace-sender.ts';
import {traceSettings} from '../traces/trace-settings.ts';
import {version} from '../version.ts';
import {fenced} from './fence.ts';

/** Sends what a run journals as a trace. A run neither fails nor waits because of it. */
export interface RunTraces {
  /** Loads what sends them. Not while visitors wait: that takes a tenth of a second. */
  prepare(): Promise<void>;
  /** Passes every event on, and makes spans of it afterwards. */
  follow(session: Followed): Observe;
  /** Waits a moment for what was not sent. While visitors wait it sends nothing: the next process of the run does. */
  settle(): Promise<void>;
  /** The same, at the end of the process. */
  stop(): Promise<void>;
}

interface Followed {
  readonly observe: Observe;
  readonly journal: Pick<Journal, 'entries'>;
  readonly doVisitorsWait: () => boolean;
}

interface TracesOf {
  readonly run: string;
  readonly redactor: Redactor;
  /** What kind of system a target is. */
  readonly kindOf: (target: string) => string | undefined;
}

const longestWaitMs = 2_000;
const sendEveryMs = 2_000;
/** The SDK drops what its queue of 2,048 spans cannot hold. */
const mostAtOnce = 512;

export const noTraces: RunTraces = {
  prepare: async () => {},
  follow: ({observe}) => observe,
  settle: async () => {},
  stop: async () => {},
};

/** As the standard variables of OpenTelemetry say. Without them, nothing is loaded. */
export function tracesOfRun(about: TracesOf): RunTraces {
  const settings = traceSettings(process.env);
  if (settings === undefined) {
    return noTraces;
  }
  if ('code' in settings) {
    return {
      ...noTraces,
      follow: ({observe}) => {
        observe({kind: 'warning', problem: settings});
        return observe;
      },
    };
  }
  return new SentTraces(about, () => openTraceSender(about.run, version, settings));
}

class SentTraces implements RunTraces {
  readonly #about: TracesOf;
  readonly #open: () => Promise<TraceSender>;
  #opening: Promise<TraceSender | undefined> | undefined;
  #sender: TraceSender | undefined;
  #session: Followed | undefined;
  #waiting: SpanFact[] = [];
  #hasWarned = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(about: TracesOf, open: () => Promise<TraceSender>) {
    this.#about = about;
    this.#open = open;
  }

  async prepare(): Promise<void> {
    this.#opening ??= this.#open().catch(() => undefined);
    this.#sender = await this.#opening;
  }

  follow(session: Followed): Observe {
    this.#session = session;
    const facts = new SpanFacts(this.#about.kindOf);
    const hear = fenced((event: EngineEvent) => {
      if (event.kind === 'journaled') {
        this.#waiting.push(...facts.hear(event.entry));
      }
    }, spanLimits);
    const catchUp = fenced(() => {
      const {entries} = session.journal;
      let wasAtRest = false;
      for (const [index, entry] of entries.entries()) {
        this.#waiting.push(...facts.hear(entry));
        if (facts.isAtRest && !wasAtRest && !endsInOutage(entries.slice(0, index + 1))) {
          // The process that came to this end has sent them. One that died may not have sent its last ones.
          this.#waiting = [];
        }
        wasAtRest = facts.isAtRest;
      }
    }, spanLimits);
    catchUp();
    this.#timer = setInterval(() => void this.#send(), sendEveryMs).unref();
    return (event) => {
      session.observe(event);
      hear(event);
    };
  }

  async settle(): Promise<void> {
    const {doVisitorsWait: isUrgent, observe} = this.#session ?? {};
    if (!isUrgent || isUrgent()) {
      return;
    }
    const over = new AbortController();
    const limit = sleep(longestWaitMs, undefined, {signal: over.signal}).catch(() => {});
    await Promise.race([this.#sendAll(), limit]);
    over.abort();
    const lost = (this.#sender?.unconfirmed ?? 0) + this.#waiting.length;
    if (lost > 0 && !this.#hasWarned) {
      this.#hasWarned = true;
      observe?.({kind: 'warning', problem: tracesLost(lost)});
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.settle();
  }

  async #sendAll(): Promise<void> {
    await this.prepare();
    await this.#send();
  }

  /** Nothing is sent while visitors wait: that would take processor time from their outage. */
  async #send(): Promise<void> {
    const sender = this.#sender;
    if (!sender || this.#session?.doVisitorsWait()) {
      return;
    }
    try {
      do {
        for (const span of this.#waiting.splice(0, mostAtOnce)) {
          const {name, attributes} = span;
          sender.send({...span, ...this.#about.redactor.value({name, attributes})});
        }
        await sender.settle();
      } while (this.#waiting.length > 0 && !this.#session?.doVisitorsWait());
    } catch {
      // Nothing of the run depends on it.
    }
  }
}

function endsInOutage(entries: readonly JournalEntry[]): boolean {
  const progress = progressOf(entries);
  return progress !== undefined && doVisitorsWait(progress);
}

/** A long journal is read once. */
const spanLimits = {firstMs: 1_000, laterMs: 50};

const tracesLost = (spans: number): Problem => ({
  code: 'traces-lost',
  message: `The collector of traces did not accept ${spans} ${spans === 1 ? 'span' : 'spans'} of this run.`,
  hint: {
    text: 'The run is not affected, and its journal is complete. Check the collector and the environment variables, which are explained in',
    command: 'docs traces',
  },
});
