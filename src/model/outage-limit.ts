import {durationText} from './duration.ts';
import type {Entry} from './entry.ts';
import {isNamedIn} from './entry-progress.ts';
import type {FactOf} from './journal.ts';
import {elapsedMs, shifted} from './moment.ts';
import {openedEntries} from './opening.ts';
import type {Outage} from './outage.ts';
import {placeText} from './place.ts';
import type {Progress} from './progress.ts';
import type {AnyRunbook} from './runbook.ts';

/** When an outage that lasts exceeds its limit, and what the run does then. */
export interface OutageLimit {
  /** From the beginning of the outage, in ms. */
  readonly limitMs: number;
  readonly at: Date;
  /**
   * To there the run is reversed by itself; `null` is the start. Absent where the new side may have writes of its own:
   * then somebody decides.
   */
  readonly reversesTo?: string | null;
}

/** The limit in force of an outage that lasts. Whether a process watches it, the lock tells. */
export function outageLimit(progress: Progress, {since}: Outage): OutageLimit | undefined {
  const {longestOutageMs, outageAllowedAt} = progress;
  if (since === undefined || longestOutageMs === undefined) {
    return undefined;
  }
  // Somebody has decided to go on: the same time again.
  const from = outageAllowedAt && outageAllowedAt > since ? outageAllowedAt : since;
  const at = shifted(from, longestOutageMs);
  const end = losslessEnd(progress);
  return {
    limitMs: elapsedMs(since, at),
    at,
    ...(end ? {reversesTo: end.to} : {}),
  };
}

/**
 * The checkpoint before the outage, to which a reversal loses nothing; `null` is the start. `undefined` when the new
 * side may have writes of its own, or when nothing of this run closes the application.
 */
export function losslessEnd(progress: Progress): {readonly to: string | null} | undefined {
  const {run, entries, checkpoints, passedPointOfNoReturn} = progress;
  const {outage} = run.runbook;
  if (
    !outage ||
    ![...entries.values()].filter(isNamedIn(outage.from)).some(({applied}) => applied) ||
    openedEntries(progress).length > 0 ||
    // Behind the start and before the outage there is no point of no return: it was passed in the outage.
    (passedPointOfNoReturn && outage.reversibleTo.includes(null))
  ) {
    return undefined;
  }
  const to = outage.reversibleTo.findLast((place) => place === null || checkpoints.includes(place));
  return to === undefined ? undefined : {to};
}

/** What happens past the longest outage, as a runbook tells it before the outage begins. */
export interface OutageRule {
  readonly longestMs: number;
  /** Absent where a person always decides. */
  readonly reversesTo?: string | null;
  /** Once this entry has started, a person decides. */
  readonly asksFrom?: string;
}

export function outageRule(
  runbook: AnyRunbook,
  longestMs: number | undefined,
): OutageRule | undefined {
  const {outage} = runbook.head;
  if (!outage || longestMs === undefined) {
    return undefined;
  }
  const names = [...outage.until, ...(outage.promoted ?? [])];
  const entries: readonly Entry[] = runbook.entries;
  const first = entries.find(({id, unit}) => names.includes(id) || names.includes(unit.name));
  const to = placesBeforeOutage(runbook).at(-1);
  return {
    longestMs,
    ...(to === undefined ? {} : {reversesTo: to}),
    ...(first ? {asksFrom: first.id} : {}),
  };
}

/** "5 m 00 s. Then the run reverses to prepared by itself; once swap has started, it asks what to do." */
export function outageRuleText({longestMs, reversesTo, asksFrom}: OutageRule): string {
  const acts =
    reversesTo === undefined
      ? 'the run asks what to do'
      : `the run reverses to ${placeText(reversesTo)} by itself`;
  const but =
    reversesTo === undefined || asksFrom === undefined
      ? ''
      : `; once ${asksFrom} has started, it asks what to do`;
  return `${durationText(longestMs)}. Then ${acts}${but}.`;
}

type JournaledOutage = Pick<FactOf<'run-started'>['runbook'], 'outage'>;

/** What a journal keeps of the outage that a runbook declares. */
export function journaledOutage(runbook: AnyRunbook): JournaledOutage {
  const {outage} = runbook.head;
  return outage
    ? {
        outage: {
          from: [...outage.from],
          until: [...outage.until],
          ...(outage.promoted ? {promoted: [...outage.promoted]} : {}),
          reversibleTo: placesBeforeOutage(runbook),
        },
      }
    : {};
}

/** From each of them up to the end of the outage everything can be reversed, unless a point of no return is passed. */
function placesBeforeOutage({head: {outage}, items}: AnyRunbook): (string | null)[] {
  const names = outage ?? {from: [], until: []};
  const isNamed = (item: AnyRunbook['items'][number], list: readonly string[]) =>
    item.kind === 'entry' && (list.includes(item.id) || list.includes(item.unit.name));
  const begin = items.findIndex((item) => isNamed(item, names.from));
  const end = items.findLastIndex((item) => isNamed(item, names.until));
  const barrier = items.findIndex(({kind}) => kind === 'point-of-no-return');
  const isReversible = (from: number) =>
    barrier > begin ||
    !items
      .slice(from + 1, end + 1)
      .some(
        (item) =>
          item.kind === 'point-of-no-return' ||
          (item.kind === 'entry' && item.unit.kind === 'one-way'),
      );
  const checkpoints = items
    .slice(0, Math.max(0, begin))
    .flatMap((item, index) =>
      item.kind === 'checkpoint' && isReversible(index) ? [item.name] : [],
    );
  return [...(isReversible(-1) ? [null] : []), ...checkpoints];
}
