import type {JournalEntry} from '../model/journal.ts';

/** An action that was started, or follows at once, and of whose end the journal says nothing. */
export interface InFlight {
  readonly entry: string;
  readonly target: string;
  readonly does: string;
  /** Where the journal first speaks of it. */
  readonly seq: number;
  /** How long it may take at most; absent where a person does it by hand, and nobody knows. */
  readonly limitMs?: number;
}

/** The actions that a process may still be performing that wrote the last entries of a journal. */
export function inFlightIn(entries: readonly JournalEntry[]): readonly InFlight[] {
  const open = new Map<string, InFlight>();
  const close = (entry: string): void => {
    for (const [key, action] of open) {
      if (action.entry === entry) {
        open.delete(key);
      }
    }
  };
  for (const fact of entries) {
    switch (fact.kind) {
      case 'action-intended': {
        const {entry, seq, limitMs, next = []} = fact;
        const limit = limitMs === undefined ? {} : {limitMs};
        for (const {target, does} of [fact, ...next]) {
          open.set(keyOf({entry, target, does}), {entry, target, does, seq, ...limit});
        }
        break;
      }
      case 'action-performed':
        open.delete(keyOf(fact));
        break;
      case 'action-failed': {
        close(fact.entry);
        if (fact.isCutOff) {
          const {entry, target, does, seq} = fact;
          open.set(keyOf(fact), {entry, target, does, seq, limitMs: 0});
        }
        break;
      }
      // None that should follow is sent then.
      case 'action-unsent':
      case 'entry-done':
      case 'entry-failed':
      case 'entry-upheld':
      case 'entry-reversed':
      case 'reverse-failed':
        close(fact.entry);
        break;
      // A process begins only when the one before it on its host has ended.
      case 'run-resumed':
      case 'run-paused':
      case 'run-done':
      case 'run-reversed':
      case 'run-handed-over':
      case 'earlier-holder-stopped':
        open.clear();
        break;
    }
  }
  return [...open.values()];
}

const keyOf = ({entry, target, does}: Pick<InFlight, 'entry' | 'target' | 'does'>): string =>
  `${entry} ${target} ${does}`;
