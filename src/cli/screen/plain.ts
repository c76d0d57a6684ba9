import type {EngineEvent} from '../../engine/events.ts';
import {hintText} from '../../model/hint.ts';
import {elapsedMs} from '../../model/moment.ts';
import {counted, durationText} from '../../report/labels.ts';
import {factText} from '../../report/log.ts';
import {clean} from '../../report/text.ts';
import {survivingWrite} from './broken-terminal.ts';
import type {Screen, ScreenStream} from './screen.ts';

interface PlainOptions {
  readonly stream: ScreenStream;
  readonly now: () => Date;
  /** A progress text of an entry that has changed is printed again only after this long. */
  readonly progressEveryMs?: number;
}

/** One time-stamped line for everything that matters: for logs, pipes, and terminals that cannot move a cursor. */
export function plainScreen({stream, now, progressEveryMs = 5000}: PlainOptions): Screen {
  const write = survivingWrite(stream);
  const progressLines = new ProgressLines(progressEveryMs);
  let buffered: string[] | undefined;
  const say = (at: Date, text: string) => {
    const line = `${at.toISOString()} ${clean(text)}\n`;
    if (buffered) {
      buffered.push(line);
    } else {
      write(line);
    }
  };
  return {
    observe: (event) => {
      const at = event.kind === 'journaled' ? new Date(event.entry.atUtc) : now();
      const text = event.kind === 'progress' ? progressLines.next(event, at) : eventText(event);
      if (text) {
        say(at, text);
      }
    },
    pause: () => {
      buffered = [];
    },
    resume: () => {
      const lines = buffered ?? [];
      buffered = undefined;
      for (const line of lines) {
        write(line);
      }
    },
    close: async () => {},
  };
}

function eventText(event: EngineEvent): string | undefined {
  switch (event.kind) {
    case 'planned':
      return `planned ${event.plan.digest}: ${counted(event.plan.items.length, 'item')}`;
    case 'reverse-planned':
      return `planned the reversal ${event.plan.digest}: ${counted(event.plan.lines.length, 'entry', 'entries')}`;
    case 'warning':
      return `warning: ${event.problem.message} ${hintText(event.problem.hint)} (${event.problem.code})`;
    case 'journaled':
      return event.entry.kind === 'before'
        ? undefined
        : factText(event.entry)
            .filter((part) => part !== undefined)
            .join(' - ');
    case 'event':
      return `${event.entry}: ${event.text}`;
    case 'progress':
      return undefined;
  }
}

/** A reader of lines needs a sign of life during a long wait, and how long it has lasted. */
const sameAgainAfterMs = 30_000;

class ProgressLines {
  readonly #everyMs: number;
  readonly #last = new Map<string, {at: Date; since: Date; text: string}>();

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  next({entry, text}: {entry: string; text: string}, at: Date): string | undefined {
    const last = this.#last.get(entry);
    const same = last?.text === text;
    if (last && elapsedMs(last.at, at) < (same ? sameAgainAfterMs : this.#everyMs)) {
      return undefined;
    }
    const since = same ? last.since : at;
    this.#last.set(entry, {at, since, text});
    return `${entry}: ${text}${same ? ` (for ${durationText(elapsedMs(since, at))} now)` : ''}`;
  }
}
