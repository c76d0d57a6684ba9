import type {EntryOf, FactOf, JournalEntry} from './journal.ts';

/** A question that a person sees, and has not answered. */
export interface OpenQuestion {
  readonly entry: string | null;
  readonly about: FactOf<'asked'>['about'];
  readonly question: string;
  /** What the person is told with it, a sentence each. */
  readonly details: readonly string[];
  readonly person: string;
  readonly since: Date;
  /** Who is asked to approve, and what. */
  readonly approval?: FactOf<'asked'>['approval'];
}

type Questions = readonly OpenQuestion[];

/** The open questions after an entry of the journal; the oldest first. A process that stops or starts asks none. */
export function questionsAfter(questions: Questions, entry: JournalEntry): Questions {
  switch (entry.kind) {
    case 'asked':
      return [...withoutQuestion(questions, entry), opened(entry)];
    case 'answered':
      return withoutQuestion(questions, entry);
    // A process that stood still, or exceeded the limit of an outage, withdraws them.
    case 'process-stopped':
    case 'outage-limit-passed':
    case 'run-paused':
    case 'run-resumed':
    case 'run-done':
    case 'run-reversed':
    case 'reverse-started':
      return [];
    default:
      return questions;
  }
}

function opened(fact: EntryOf<'asked'>): OpenQuestion {
  const {entry, about, question, details, person, atUtc, approval} = fact;
  const asked = {entry, about, question, details, person, since: new Date(atUtc)};
  return approval ? {...asked, approval} : asked;
}

const withoutQuestion = (
  questions: Questions,
  {entry, about}: Pick<OpenQuestion, 'entry' | 'about'>,
): Questions => questions.filter((open) => open.entry !== entry || open.about !== about);
