import type {ListResourceRecordSetsCommandOutput} from '@aws-sdk/client-route-53';
import {canonicalName, identityOf} from '../records/canonical.ts';
import {fromSdk, type RecordSet} from '../records/record-set.ts';

type Page = ListResourceRecordSetsCommandOutput;

/** The beginning of a page: the first set of a name, or one set. */
export interface Start {
  readonly StartRecordName: string;
  readonly StartRecordType?: Page['NextRecordType'];
  readonly StartRecordIdentifier?: string | undefined;
}

/**
 * All sets at these names, with the fewest pages. A page starts at a name and continues past it, up to 300 sets in the
 * order of the zone. So a page answers for later names too: those that it lists, and those that it leaves out.
 */
export async function setsAtNames(
  names: Iterable<string>,
  pageAt: (start: Start) => Promise<Page>,
): Promise<readonly RecordSet[]> {
  const sets = new Map<string, RecordSet>();
  const queried = new Set([...names].map(canonicalName));
  let open: readonly string[] = [...queried].sort(byListing);
  let start: Start | undefined;
  while (open[0] !== undefined) {
    const [first] = open;
    const page = await pageAt(start ?? {StartRecordName: first});
    const listed = (page.ResourceRecordSets ?? []).map(fromSdk);
    for (const set of listed.filter(({name}) => queried.has(canonicalName(name)))) {
      sets.set(identityOf(set), set);
    }
    const next = page.IsTruncated ? canonicalName(page.NextRecordName ?? '') : undefined;
    const isAnswered = answeredBy(listed, {first, next});
    open = open.filter((name) => name === next || !isAnswered(name));
    start = next !== undefined && open[0] === next ? startAt(page) : undefined;
  }
  // In one order, whatever the pages were: this becomes a before-image, which is compared.
  return [...sets.values()].sort(bySet);
}

/** All sets of a zone, page after page. */
export async function everySet(
  pageAt: (start: Start | undefined) => Promise<Page>,
): Promise<readonly RecordSet[]> {
  const sets: RecordSet[] = [];
  let page: Page | undefined;
  do {
    page = await pageAt(page && startAt(page));
    sets.push(...(page.ResourceRecordSets ?? []).map(fromSdk));
  } while (page.IsTruncated);
  return sets;
}

const startAt = ({NextRecordName = '', NextRecordType, NextRecordIdentifier}: Page): Start => ({
  StartRecordName: NextRecordName,
  ...(NextRecordType && {StartRecordType: NextRecordType}),
  ...(NextRecordIdentifier !== undefined && {StartRecordIdentifier: NextRecordIdentifier}),
});

/**
 * Whether a page lists all sets of a name, or shows by its order that there are none. The order must be a documented
 * one.
 */
function answeredBy(
  listed: readonly RecordSet[],
  {first, next}: {readonly first: string; readonly next: string | undefined},
): (name: string) => boolean {
  const shown = listed.map(({name}) => canonicalName(name));
  const on = new Set([first, ...shown]);
  const plain = shown.filter(isPlain);
  const ordered = next !== undefined && isPlain(next) ? [...plain, next] : plain;
  const isOrdered = ordered.every(
    (name, at) => at === 0 || byListing(ordered[at - 1] ?? '', name) <= 0,
  );
  // The page is complete up to this name. Of `next` it shows only that everything before it is complete.
  const last = next === undefined ? undefined : isPlain(next) ? next : plain.at(-1);
  return (name) =>
    on.has(name) ||
    (isOrdered &&
      isPlain(name) &&
      isPlain(first) &&
      byListing(first, name) < 0 &&
      (next === undefined || (last !== undefined && byListing(name, last) < 0)));
}

/** The position of escaped names (wildcards, …) in the order is not documented: they are listed one by one. */
const isPlain = (name: string): boolean => /^[a-z0-9_.-]+$/.test(name);

/** By labels from the right, in ASCII, the dots between them included (API reference, ListResourceRecordSets). */
function byListing(first: string, second: string): number {
  return byText(reversed(first), reversed(second));
}

const bySet = (first: RecordSet, second: RecordSet): number =>
  byListing(canonicalName(first.name), canonicalName(second.name)) ||
  byText(first.type, second.type) ||
  byText(first.setIdentifier ?? '', second.setIdentifier ?? '');

const byText = (first: string, second: string): number =>
  first < second ? -1 : first > second ? 1 : 0;

const reversed = (name: string): string => `${name.split('.').slice(0, -1).reverse().join('.')}.`;
