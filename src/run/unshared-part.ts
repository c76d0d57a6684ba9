import {hashOf, lineOf, noPrev, readablePart} from '../journal/chain.ts';
import {sameEntries} from '../journal/open-shared-log.ts';
import {textOf} from '../journal/shared-log.ts';
import {areOfHolder} from '../model/holder-facts.ts';
import {type Act, actsAfter, hasActedAfter} from '../model/in-flight.ts';
import {entryOf, type Fact, type FactOf, type JournalEntry} from '../model/journal.ts';
import {type Moment, momentOf} from '../model/moment.ts';
import {progressOf} from '../model/progress.ts';
import {operatorText} from './earlier-holder.ts';
import type {Host} from './host.ts';

/** A run as a store has it. */
interface InStore {
  readonly text: string;
  readonly entries: readonly JournalEntry[];
}

/** What a host did and could not share. */
export interface UnsharedPart {
  readonly entries: readonly JournalEntry[];
  /** What it did, each once. */
  readonly acts: readonly Act[];
  /** Who wrote it: `kim@laptop`. */
  readonly by: string;
  /** Nobody has acted on the run elsewhere since: the entries still say what is true, and can be added. */
  readonly isStillTrue: boolean;
}

/** `undefined` where this host did nothing that the store does not know. */
export function unsharedPart(
  host: Pick<Host, 'state'>,
  run: string,
  {entries}: InStore,
): UnsharedPart | undefined {
  const here = textHere(host, run);
  const all = readablePart(host.state.journalOf(run), Buffer.from(here));
  const same = sameEntries(all, entries);
  if (!hasActedAfter(all, same)) {
    return undefined;
  }
  const tail = all.slice(same);
  const own = tail.filter(({kind}) => !ofTakeOver.has(kind));
  const added = tail.find((entry) => entry.kind === 'unshared-added');
  const progress = progressOf([...all.slice(0, same), ...own]);
  const isWhole = all.length === here.split('\n').length - 1;
  return {
    entries: own,
    acts: actsAfter(all, same),
    by: added?.by ?? (progress ? operatorText(progress) : ''),
    isStillTrue: isWhole && areOfHolder(entries.slice(same)),
  };
}

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

function chainedAfter(
  entries: readonly JournalEntry[],
  added: readonly (Fact & Moment)[],
): readonly JournalEntry[] {
  const last = entries.at(-1);
  let head = last ? hashOf(lineOf(last)) : noPrev;
  const places = new Map(
    added.flatMap((item, index) =>
      'seq' in item ? [[item.seq as number, entries.length + index] as const] : [],
    ),
  );
  return added.map((item, index) => {
    const place = {seq: entries.length + index, ...momentOf(item), prev: head};
    const entry = entryOf(place, factOf(item, places) as never); // each fact is of its own kind
    head = hashOf(lineOf(entry));
    return entry;
  });
}

/** What is left of an entry without its place. `places`: where the entries are now, by where they were. */
function factOf(item: Fact & Moment, places: ReadonlyMap<number, number>): Fact {
  const {seq: _seq, prev: _prev, atUtc: _at, monotonic: _ms, ...fact} = item as JournalEntry;
  return fact.kind === 'people-told'
    ? {
        ...fact,
        deliveries: fact.deliveries.map((each) => ({
          ...each,
          seq: places.get(each.seq) ?? each.seq,
        })),
      }
    : (fact as Fact);
}

/** The journal of a run as it is on this host; empty where there is none. */
export function textHere({state}: Pick<Host, 'state'>, run: string): string {
  const path = state.journalOf(run);
  return state.disk.exists(path) ? state.disk.read(path).toString('utf8') : '';
}

/** Of an earlier try to take it over, or of an offer: the take-over says whose the run is. */
const ofTakeOver = new Set<JournalEntry['kind']>([
  'lock-taken-over',
  'earlier-holder-stopped',
  'run-handed-over',
  'unshared-added',
]);
