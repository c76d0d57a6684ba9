import type {EntryProgress, Progress} from '../model/progress.ts';
import {appliedEntries} from '../model/progress.ts';
import {clockUtc, stateSigns} from './labels.ts';

/** Changes in place, a sentence each. */
export function appliedTexts(progress: Progress): readonly string[] {
  return appliedEntries(progress)
    .filter(({endedBy}) => endedBy === undefined)
    .map((entry) => `${entry.id}: ${appliedText(entry)}`);
}

function appliedText(entry: EntryProgress): string {
  const {performed, inFlight, state, appliedAt: actedAt} = entry;
  const made =
    performed.length > 0
      ? `${performed.join('; ')}${byHandText(entry)}`
      : 'no action completed yet';
  const since = actedAt && state === 'done' ? ` (since ${clockUtc(actedAt)} UTC)` : '';
  return inFlight
    ? `${made}; outcome unknown: ${inFlight}`
    : `${made}${since}${state === 'done' ? '' : ` (${stateSigns[state].word})`}`;
}

/** Who did it by hand, in the words of the note, and who answered. */
const byHandText = ({word}: EntryProgress): string =>
  word?.way === 'forward'
    ? `, by hand: ${word.note === '' ? word.by : `${word.note} (${word.by})`}`
    : '';
