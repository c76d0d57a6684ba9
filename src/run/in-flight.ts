import type {JournalEntry} from '../model/journal.ts';

/** An action that was started, and of whose end the journal says nothing. */
export interface InFlight {
  readonly entry: string;
  readonly target: string;
  readonly does: string;
  /** Its place in the journal. */
  readonly seq: number;
  /** How long it may take at most; absent where a person does it by hand, and nobody knows. */
  readonly limitMs?: number;
}

/** The actions that a process may still be performing that wrote the last entries of a journal. */
export function inFlightIn(entries: readonly JournalEntry[]): readonly InFlight[] {
  const open = new Map<string, InFlight>();
  for (const fact of entries) {
    switch (fact.kind) {
      case 'action-intended': {
        const {entry, target, does, seq, limitMs} = fact;
        const limit = limitMs === undefined ? {} : {limitMs};
        open.set(`${entry} ${target} ${does}`, {entry, target, does, seq, ...limit});
        break;
      }
      case 'action-performed':
      case 'action-failed':
      case 'action-unsent':
        open.delete(`${fact.entry} ${fact.target} ${fact.does}`);
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
