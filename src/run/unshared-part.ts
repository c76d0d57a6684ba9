import {hashOf, lineOf, noPrev, readablePart} from '../journal/chain.ts';
import {sameEntries} from '../journal/open-shared-log.ts';
import {textOf} from '../journal/shared-log.ts';
import {type Act, isSameAction} from '../model/in-flight.ts';
import {entryOf, type Fact, type FactOf, type JournalEntry} from '../model/journal.ts';
import type {Moment} from '../model/moment.ts';
import {progressOf} from '../model/progress.ts';
import {operatorText} from './earlier-holder.ts';
import type {Host} from './host.ts';

/** A run as a store has it. */
interface InStore {
  readonly text: string;
  readonly entries: readonly JournalEntry[];
}

/** What a host wrote and could not share, of a run that another host has taken over since. */
export interface UnsharedPart {
  readonly entries: readonly JournalEntry[];
  /** Who wrote it: `kim@laptop`. */
  readonly by: string;
  /** Nobody has acted on the run elsewhere since: the entries still say what is true, and can be added. */
  readonly isStillTrue: boolean;
}

/** Nothing where the journal here only goes on from what the store has: it is shared as it is. */
export function unsharedPart(
  host: Pick<Host, 'state'>,
  run: string,
  {text, entries}: InStore,
): UnsharedPart | undefined {
  const here = textHere(host, run);
  if (here.startsWith(text)) {
    return undefined;
  }
  const all = readablePart(host.state.journalOf(run), Buffer.from(here));
  const same = sameEntries(all, entries);
  const own = all.slice(same).filter(({kind}) => !ofHolder.has(kind));
  const progress = progressOf(all);
  return progress && own.some(({kind}) => decisive.has(kind))
    ? {
        entries: own,
        by: operatorText(progress),
        isStillTrue: entries.slice(same).every(({kind}) => ofHolder.has(kind)),
      }
    : undefined;
}

/** The actions that it began, each once. */
export const actionsOf = ({entries}: UnsharedPart): readonly Act[] =>
  entries
    .filter((entry) => entry.kind === 'action-intended')
    .filter((act, index, all) => all.findIndex((other) => isSameAction(act, other)) === index);

/**
 * The journal of the store, with what this host wrote alone, and then with the take-over. All of it is put here at
 * once: who finds the journal finds the take-over, and who finds that finds the part.
 */
export function joinedText(
  {text, entries}: InStore,
  part: UnsharedPart | undefined,
  taken: FactOf<'lock-taken-over'> & Moment,
): string {
  const added = part ? [...addedFacts(part, taken), taken] : [taken];
  return `${text}${textOf(chainedAfter(entries, added))}`;
}

function addedFacts(
  {by, entries}: UnsharedPart,
  {operator, ...moment}: FactOf<'lock-taken-over'> & Moment,
): readonly (Fact & Moment)[] {
  const first = momentOf(entries[0] ?? moment);
  return [{...first, kind: 'unshared-added', by, entries: entries.length, operator}, ...entries];
}

const momentOf = ({atUtc, monotonic}: Moment): Moment => (monotonic ? {atUtc, monotonic} : {atUtc});

function chainedAfter(
  entries: readonly JournalEntry[],
  added: readonly (Fact & Moment)[],
): readonly JournalEntry[] {
  const last = entries.at(-1);
  let head = last ? hashOf(lineOf(last)) : noPrev;
  return added.map((item, index) => {
    const {seq: _seq, prev: _prev, atUtc: _at, monotonic: _ms, ...fact} = item as JournalEntry;
    const place = {seq: entries.length + index, ...momentOf(item), prev: head};
    const entry = entryOf(place, fact as never); // what is left of an entry is its fact
    head = hashOf(lineOf(entry));
    return entry;
  });
}

/** The journal of a run as it is on this host; empty where there is none. */
export function textHere({state}: Pick<Host, 'state'>, run: string): string {
  const path = state.journalOf(run);
  return state.disk.exists(path) ? state.disk.read(path).toString('utf8') : '';
}

/** These say whose the run is, and nothing of what was done. */
const ofHolder = new Set<JournalEntry['kind']>([
  'lock-taken-over',
  'earlier-holder-stopped',
  'operator-identified',
  'people-told',
  'run-handed-over',
  'unshared-added',
]);

const decisive = new Set<JournalEntry['kind']>(['action-intended', 'point-of-no-return-passed']);
