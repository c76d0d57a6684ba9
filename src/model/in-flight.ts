import type {JournalEntry} from './journal.ts';

/** What an action does, and where. */
export interface Act {
  readonly entry: string;
  readonly target: string;
  readonly does: string;
}

/** An action that was started, or follows at once, and of whose end the journal says nothing. */
export interface InFlight extends Act {
  /** Where the journal first speaks of it. */
  readonly seq: number;
  /**
   * How long it may take at most; absent where a person does it by hand, and nobody knows. 0: it was ended without an
   * answer of its target, which it may still reach.
   */
  readonly limitMs?: number;
}

const isSameAction = (act: Act, other: Act): boolean =>
  act.entry === other.entry && act.target === other.target && act.does === other.does;

/** The actions that a process may still be performing that wrote the last entries of a journal. */
export function inFlightIn(entries: readonly JournalEntry[]): readonly InFlight[] {
  let open: (InFlight & {readonly isAnnounced?: true})[] = [];
  const isCutOff = ({limitMs}: InFlight) => limitMs === 0;
  /** One of them: a step may do the same twice. */
  const takeOff = (act: Act, isMeant: (action: (typeof open)[number]) => boolean) => {
    const place = open.findIndex((action) => isSameAction(action, act) && isMeant(action));
    open = open.filter((_, index) => index !== place);
  };
  for (const fact of entries) {
    switch (fact.kind) {
      case 'action-intended': {
        const {entry, target, does, seq, limitMs, next = []} = fact;
        const limit = limitMs === undefined ? {} : {limitMs};
        takeOff(fact, ({isAnnounced}) => isAnnounced === true);
        open.push({entry, target, does, seq, ...limit});
        open.push(
          ...next.map((each) => ({...each, entry, seq, ...limit, isAnnounced: true as const})),
        );
        break;
      }
      case 'action-performed':
        takeOff(fact, ({isAnnounced}) => isAnnounced !== true);
        break;
      case 'action-failed': {
        const {entry, target, does, seq} = fact;
        open = open.filter((action) => action.entry !== entry || isCutOff(action));
        if (fact.isCutOff) {
          open.push({entry, target, does, seq, limitMs: 0});
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
        open = open.filter((action) => action.entry !== fact.entry || isCutOff(action));
        break;
      // A process begins only when the one before it on its host has ended.
      case 'run-resumed':
      case 'run-paused':
      case 'run-done':
      case 'run-reversed':
      case 'run-handed-over':
        open = open.filter(isCutOff);
        break;
      case 'earlier-holder-stopped':
        open = [];
        break;
    }
  }
  return open.map(({isAnnounced: _, ...action}) => action);
}

/**
 * What a process did after its first `count` entries, or may have done, and nobody waits for who has only those: the
 * end of an action that they announce is no surprise. An intent without an end was sent if the process went on alone.
 */
export function actsAfter(entries: readonly JournalEntry[], count: number): readonly Act[] {
  const awaited = inFlightIn(entries.slice(0, count)).filter(({limitMs}) => limitMs !== 0);
  let isAlone = false;
  let began: {readonly act: Act; readonly isSent: boolean}[] = [];
  const isOpen = (act: Act) => (other: {readonly act: Act}) => isSameAction(other.act, act);
  for (const [at, fact] of entries.entries()) {
    switch (fact.kind) {
      case 'run-resumed':
        isAlone = fact.alone === true;
        break;
      case 'not-shared':
        isAlone = true;
        break;
      case 'run-paused':
        isAlone = false;
        break;
      case 'action-intended':
        if (at >= count && !awaited.some((action) => isSameAction(action, fact))) {
          const {entry, target, does} = fact;
          began.push({act: {entry, target, does}, isSent: isAlone});
        }
        break;
      case 'action-unsent':
        began = began.toSpliced(
          began.findLastIndex(isOpen(fact)),
          began.some(isOpen(fact)) ? 1 : 0,
        );
        break;
      case 'action-performed':
      case 'action-failed':
        began = began.map((each) => (isOpen(fact)(each) ? {...each, isSent: true} : each));
        break;
    }
  }
  const sent = began.flatMap(({act, isSent}) => (isSent ? [act] : []));
  return sent.filter((act, at) => sent.findIndex((other) => isSameAction(other, act)) === at);
}

/** Whether it did, or passed the point of no return. */
export const hasActedAfter = (entries: readonly JournalEntry[], count: number): boolean =>
  actsAfter(entries, count).length > 0 ||
  entries.slice(count).some(({kind}) => kind === 'point-of-no-return-passed');
