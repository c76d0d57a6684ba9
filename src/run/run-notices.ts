import type {EngineEvent, Observe} from '../engine/events.ts';
import type {Journal} from '../journal/contract.ts';
import type {Redactor} from '../journal/redactor.ts';
import type {FactOf} from '../model/journal.ts';
import {type Channels, Notifier} from '../notify/notifier.ts';
import type {RunTraces} from './run-traces.ts';

/** Tells people, and a collector of traces, what a run journals. */
export interface RunNotices {
  /** Passes every event on, and tells people of it afterwards. */
  readonly observe: Observe;
  /** Waits a moment for what is not delivered, and journals what became of all. */
  settle(): Promise<void>;
  /** Gives up what is not delivered, and journals it. */
  stop(): Promise<void>;
}

interface Parts {
  readonly redactor: Redactor;
  readonly channels: Channels;
  readonly traces: RunTraces;
  readonly doVisitorsWait: () => boolean;
  readonly stateFolder: string;
  readonly observe: Observe;
  readonly journal: Journal;
  /** Without a process before this one. */
  readonly isNew: boolean;
  /** Journals a fact. */
  readonly add: (fact: FactOf<'people-told'>) => void;
}

/**
 * A fact of the journal costs its disk a moment, so what was delivered is journaled when a person is asked, and at the
 * end: nobody waits then.
 */
export function noticesOfRun({
  redactor,
  channels,
  traces,
  stateFolder,
  journal,
  isNew,
  add,
  ...events
}: Parts): RunNotices {
  const observe = traces.follow({...events, journal});
  const notifier = new Notifier({
    channels,
    earlier: isNew ? [] : journal.entries,
    stateFolder,
    redacted: (notice) => redactor.value(notice),
  });
  const keep = () => {
    const deliveries = [...notifier.take()];
    if (deliveries.length > 0) {
      keptOrLeft(() => add({kind: 'people-told', deliveries}));
    }
  };
  const hear = (event: EngineEvent) => {
    if (event.kind === 'journaled') {
      notifier.hear(event.entry);
      if (event.entry.kind === 'asked') {
        keep();
      }
    }
  };
  if (isNew) {
    for (const entry of journal.entries) {
      notifier.hear(entry);
    }
  }
  return {
    observe: (event) => {
      observe(event);
      hear(event);
    },
    settle: async () => {
      await Promise.all([notifier.settle(), traces.settle()]);
      keep();
    },
    stop: async () => {
      await Promise.all([notifier.stop(), traces.stop()]);
      keep();
    },
  };
}

/** A journal that takes no more entries is a trouble of the run, which meets it by itself. */
function keptOrLeft(work: () => void): void {
  try {
    work();
  } catch {
    // Nothing of the run depends on it.
  }
}
