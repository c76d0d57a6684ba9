import type {Observe} from '../engine/events.ts';
import {clean, cut} from '../report/text.ts';

interface WaitingStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

const eraseLine = '\r\u001b[K';
const atTerminal = {quietMs: 2_000, everyMs: 500};
const inLog = {quietMs: 10_000, everyMs: 10_000};

/**
 * What a person waits for before there is a screen, such as a large catalogue that is being read: at a terminal a line
 * that is written over, and anywhere else a line now and then. It begins once somebody has waited for a while.
 */
export class WaitingLine {
  readonly #stream: WaitingStream;
  readonly #nowMs: () => number;
  #isShown = false;
  /** Since when somebody waits. */
  #sinceMs: number | null = null;
  #shownAtMs = Number.NEGATIVE_INFINITY;

  constructor(stream: WaitingStream, nowMs: () => number = () => performance.now()) {
    this.#stream = stream;
    this.#nowMs = nowMs;
  }

  tell(text: string): void {
    const {isTTY = false, columns = 80} = this.#stream;
    const {quietMs, everyMs} = isTTY ? atTerminal : inLog;
    const now = this.#nowMs();
    this.#sinceMs ??= now;
    if (now - this.#sinceMs < quietMs || now - this.#shownAtMs < everyMs) {
      return;
    }
    this.#shownAtMs = now;
    if (isTTY) {
      this.#stream.write(eraseLine + cut(`… ${clean(text)}`, columns - 1));
      this.#isShown = true;
    } else {
      this.#stream.write(`… ${clean(text)}\n`);
    }
  }

  /** Before anything else is written there. */
  clear(): void {
    this.#sinceMs = null;
    if (this.#isShown) {
      this.#stream.write(eraseLine);
      this.#isShown = false;
    }
  }
}

/** Of this process, on stderr. */
export const waitingLine = new WaitingLine(process.stderr);

/** For looks before there is a screen. */
export const tellProgress =
  (app: {waiting(text: string): void}): Observe =>
  (event) => {
    if (event.kind === 'progress') {
      app.waiting(event.text);
    }
  };
