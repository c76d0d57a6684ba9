import type {EntryProgress} from './entry-progress.ts';
import {LastingMap} from './lasting-map.ts';
import type {OpenQuestion} from './open-question.ts';
import type {PersonsWord} from './person.ts';
import type {Progress} from './progress.ts';

// The fold of a journal as text, and back. A new date in one of these types does not compile until it is named here.

export const progressToJson = ({entries, ...rest}: Progress): string =>
  JSON.stringify({...rest, entries: [...entries.values()]});

/** Of a text that `progressToJson` wrote, and nobody changed. */
export function progressFromJson(text: string): Progress {
  const {entries, questions, ...rest}: Written = JSON.parse(text);
  return {
    ...withDates<Rest>(rest, {
      startedAt: 1,
      lastAt: 1,
      decideBy: 1,
      notBefore: 1,
      outageAllowedAt: 1,
    }),
    questions: questions.map((question) => withDates<OpenQuestion>(question, {since: 1})),
    entries: LastingMap.of(entries.map((entry) => [entry.id, entryFrom(entry)])),
  };
}

const entryFrom = ({word, ...entry}: WrittenEntry): EntryProgress => ({
  ...withDates<Omit<EntryProgress, 'word'>>(entry, {
    ...{appliedAt: 1, startedAt: 1, doneAt: 1, cutOffAt: 1},
  }),
  ...(word ? {word: withDates<PersonsWord>(word, {at: 1})} : {}),
});

type Rest = Omit<Progress, 'entries' | 'questions'>;
type WrittenEntry = AsText<Omit<EntryProgress, 'word'>> & {readonly word?: AsText<PersonsWord>};
type Written = AsText<Rest> & {
  readonly questions: readonly AsText<OpenQuestion>[];
  readonly entries: readonly WrittenEntry[];
};

type AsText<Whole> = {
  [Key in keyof Whole]: Whole[Key] extends Date | undefined ? string : Whole[Key];
};
type DateKeys<Whole> = {
  [Key in keyof Whole]-?: NonNullable<Whole[Key]> extends Date ? Key : never;
}[keyof Whole];

/** The same object: it was parsed a moment ago, and nobody else has it. */
function withDates<Whole>(written: AsText<Whole>, dates: Readonly<Record<DateKeys<Whole>, 1>>) {
  const whole = written as Record<string, unknown>;
  for (const key of Object.keys(dates)) {
    if (key in whole) {
      // No date at all is `null` in JSON.
      whole[key] = new Date((whole[key] as string | null) ?? Number.NaN);
    }
  }
  return whole as Whole;
}
